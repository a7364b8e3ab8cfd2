import { QkvError } from '../core/index.ts';

/** A command line that cannot be understood: a flag that is not there, a value that is missing or out of range. */
export class UsageError extends QkvError {
  constructor(message: string, options?: ErrorOptions) {
    super('usage', message, options);
  }
}

/** The reason why a command's signal was aborted: somebody pressed Ctrl-C, or asked the process to end. */
export class InterruptedError extends QkvError {
  /** 128 and the signal's number, as shells count. */
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('interrupted', 'qkv: interrupted.');
    this.exitCode = exitCode;
  }
}

/** What the process says to its caller. An interruption adds 130 (Ctrl-C) or 143 (asked to end). */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** Failures of the machine and not of qkv, in words; the rest of the message is Node's own. */
const systemErrors: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission was refused',
  EPERM: 'permission was refused',
  EROFS: 'the file system is read-only',
  ENOENT: 'a file or folder is not there',
  ENOTDIR: 'a part of the path is a file and not a folder',
  EISDIR: 'the path is a folder and not a file',
  EMFILE: 'too many files are open',
  EIO: 'the disk failed',
};

/**
 * An error as the terminal shows it. What qkv foresaw is its message, with what caused it; anything else is a mistake in qkv and
 * comes with its stack and where to report it.
 */
export function describeError(error: unknown, reportTo: string): string {
  if (error instanceof QkvError) return `error: ${error.message}${describeCause(error.cause)}`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof Error && systemErrors[code] !== undefined)
    return `error: qkv: ${systemErrors[code]} (${error.message}).`;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${stack}\n\nThis is a mistake in qkv. Please report it at ${reportTo}, with the lines above and what \`qkv doctor\` prints.`;
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? `\n  because: ${cause.message}${describeCause(cause.cause)}` : '';
}
