import { ConfigError, formatShape, normalizeAxis } from '../../core/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { fold, type InterpolateOptions, interpolate, type PerAxis, type UnfoldOptions, unfold } from '../functional/index.ts';
import { Module } from '../module.ts';

/** Gives its input as it is: a place holder where a layer may stand. Like torch.nn.Identity. */
export class Identity extends Module {
  override forward(x: Tensor): Tensor {
    return x;
  }
}

/**
 * Consecutive axes as one. Shapes: x `[N, ...S]` → `[N, sizeOf(S)]` by default. Like torch.nn.Flatten.
 * @throws ConfigError when `start_dim` comes after `end_dim`.
 */
export class Flatten extends Module {
  readonly #start: number;
  readonly #end: number;

  constructor({ start_dim = 1, end_dim = -1 }: { readonly start_dim?: number; readonly end_dim?: number } = {}) {
    super();
    this.#start = start_dim;
    this.#end = end_dim;
  }

  override forward(x: Tensor): Tensor {
    const start = normalizeAxis(this.#start, x.rank, 'Flatten');
    const end = normalizeAxis(this.#end, x.rank, 'Flatten');
    if (start > end)
      throw new ConfigError(
        `Flatten: start_dim is ${this.#start} and end_dim ${this.#end}; of ${formatShape(x.shape)} start_dim must not come after end_dim.`,
      );
    return x.reshape(...x.shape.slice(0, start), -1, ...x.shape.slice(end + 1));
  }
}

/** Signals and pictures of another size. Like torch.nn.Upsample; see `functional.interpolate`. */
export class Upsample extends Module {
  readonly #options: InterpolateOptions;

  constructor(options: InterpolateOptions) {
    super();
    this.#options = options;
  }

  override forward(x: Tensor): Tensor {
    return interpolate(x, this.#options);
  }
}

/** The patches of pictures that windows cut out, each as a column. Like torch.nn.Unfold; see `functional.unfold`. */
export class Unfold extends Module {
  readonly #kernel: PerAxis;
  readonly #options: UnfoldOptions;

  constructor(kernel_size: PerAxis, options: UnfoldOptions = {}) {
    super();
    this.#kernel = kernel_size;
    this.#options = options;
  }

  override forward(x: Tensor): Tensor {
    return unfold(x, this.#kernel, this.#options);
  }
}

/** Pictures from columns of patches, which are added up where they overlap. Like torch.nn.Fold; see `functional.fold`. */
export class Fold extends Module {
  readonly #size: PerAxis;
  readonly #kernel: PerAxis;
  readonly #options: UnfoldOptions;

  constructor(output_size: PerAxis, kernel_size: PerAxis, options: UnfoldOptions = {}) {
    super();
    this.#size = output_size;
    this.#kernel = kernel_size;
    this.#options = options;
  }

  override forward(x: Tensor): Tensor {
    return fold(x, this.#size, this.#kernel, this.#options);
  }
}
