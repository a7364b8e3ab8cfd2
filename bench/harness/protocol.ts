import type { Options } from './question.ts';

/** A line that the harness writes to a side. */
export type Request =
  | { readonly do: 'setup'; readonly threads: number; readonly options: Options }
  | { readonly do: 'run' }
  | { readonly do: 'done' };

/** A line that a side writes back: one for each request but `done`. */
export type Reply =
  /** Setup went well. `check`: numbers that show what was computed, compared between sides (losses, for instance). */
  | { readonly versions: Readonly<Record<string, string>>; readonly check?: readonly number[] }
  /** One turn, measured inside the side, so that what passes between the processes is not in it. */
  | { readonly value: number }
  /** This side cannot take part, or no longer. */
  | { readonly missing: string };
