/** What a bench file exports: one question, asked of qkv and of its peers. */
export interface Question {
  /** What `npm run bench -- NAME` calls it; the file is `NAME.bench.ts`. */
  readonly name: string;
  /** The question in one sentence. */
  readonly asks: string;
  /** Rounds unless `--rounds` says otherwise. */
  readonly rounds: number;
  readonly cases: readonly Case[];
}

/** One workload. Every side gets the same `options`, so a size is written once. */
export interface Case {
  readonly name: string;
  /** Of the values; smaller is better. */
  readonly unit: 'ms' | '%' | 'MB';
  readonly options: Options;
  readonly ours: Side;
  readonly peers: readonly Side[];
  /** What the value should at most be, in `unit`; reported as a peer named `goal`. */
  readonly goal?: number;
}

/** One program that does the workload. It is started once, stays up, and is asked in turns. */
export interface Side {
  readonly name: string;
  /** A `.ts` or `.py` file beside the question, relative to `bench/`, that calls `serve`. */
  readonly script: string;
  /** Added to the case's options. */
  readonly options?: Options;
  /** npm packages it needs, `name@version`; `npm run bench:setup` installs them. */
  readonly packages?: readonly string[];
  /**
   * How far, relatively, its `check` numbers may lie from ours before the row says that the two did different work.
   * Left out where it does other work on purpose.
   */
  readonly agreesWithin?: number;
}

/** Options of a case or a side: what JSON can carry. */
export type Options = { readonly [name: string]: string | number | boolean | null | readonly number[] | Options };

/** Declares a question; its name must be the file's. */
export function defineQuestion(question: Question): Question {
  return question;
}
