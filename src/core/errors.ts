/**
 * What every error of qkv is: who speaks, what came, what was needed, and how to mend it when that is known.
 * The message reads `<ClassName>: <speaker>: <what came; what was needed>`.
 */
export class QkvError extends Error {
  /** Stable, machine-readable kind, for example `shape`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** Shapes that do not fit together, or an axis that is not there. */
export class ShapeError extends QkvError {
  constructor(message: string, options?: ErrorOptions) {
    super('shape', message, options);
  }
}

/** A value of the wrong element type. */
export class DTypeError extends QkvError {
  constructor(message: string, options?: ErrorOptions) {
    super('dtype', message, options);
  }
}

/** An option or a configuration that cannot be honoured. */
export class ConfigError extends QkvError {
  constructor(message: string, options?: ErrorOptions) {
    super('config', message, options);
  }
}

/** Input data that cannot be used as it is: a missing column, a broken encoding, an empty file. */
export class DataError extends QkvError {
  constructor(message: string, options?: ErrorOptions) {
    super('data', message, options);
  }
}

/** A file or folder that is needed and is not there, or cannot be read or written. */
export class MissingFileError extends QkvError {
  constructor(message: string, options?: ErrorOptions) {
    super('missing-file', message, options);
  }
}

/** A weight that a model needs and a checkpoint lacks, or one whose shape differs. */
export class MissingWeightError extends QkvError {
  constructor(message: string, options?: ErrorOptions) {
    super('missing-weight', message, options);
  }
}

/** Something that qkv, or the chosen device, does not do. */
export class UnsupportedError extends QkvError {
  constructor(message: string, options?: ErrorOptions) {
    super('unsupported', message, options);
  }
}

/** A handle used after it was disposed, or a value read after the buffer under it was overwritten. */
export class DisposedError extends QkvError {
  constructor(message: string, options?: ErrorOptions) {
    super('disposed', message, options);
  }
}
