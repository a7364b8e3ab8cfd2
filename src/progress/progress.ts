/** Figures shown beside a bar, in this order: `{ loss: 0.31, learning_rate: 5e-5, 'tokens/s': 5200 }`. */
export type ProgressFields = Readonly<Record<string, number | string>>;

/** What a bar counts. */
export interface BarOptions {
  /** What is going on, in a word or two. */
  readonly label: string;
  /** How many there will be. Without it there is a count but no bar and no time left. */
  readonly total?: number | undefined;
  /** How many were done before this run, as after a resume. They do not count towards the speed. */
  readonly initial?: number | undefined;
  /** `bytes` writes counts as sizes. */
  readonly unit?: 'steps' | 'bytes' | undefined;
  /** Whether the finished line stays. True unless told, but false for a bar inside another. */
  readonly leave?: boolean | undefined;
}

/** One running count. `using` ends it. */
export interface ProgressBar {
  /** How many are done. */
  readonly n: number;
  /** How many there will be; may be set when it becomes known. */
  total: number | undefined;
  /** Counts `n` more (1 unless told; 0 only changes the figures). Fields replace those of the same name. Cheap: it draws at most ten times a second. */
  update(n?: number, fields?: ProgressFields): void;
  /** Prints a line above the bar. */
  log(line: string): void;
  /** Ends the bar. Safe to call twice. */
  end(): void;
  [Symbol.dispose](): void;
}

/** A place where progress is shown. Loops take one as an option and never ask what it is. */
export interface Progress {
  start(options: BarOptions): ProgressBar;
  /** Prints a line; bars that are drawn stay below it. */
  log(line: string): void;
}

/** A `Progress` that shows nothing. */
export const silentProgress: Progress = {
  start: ({ initial = 0, total }) => {
    let n = initial;
    const end = () => {};
    return {
      get n() {
        return n;
      },
      total,
      update: (more = 1) => {
        n += more;
      },
      log: () => {},
      end,
      [Symbol.dispose]: end,
    };
  },
  log: () => {},
};
