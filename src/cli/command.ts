import type { OptionRows, OptionValues } from '../core/index.ts';
import type { Environment, Output, Progress } from '../progress/index.ts';
import { parseArguments } from './parse.ts';

/** What a command may use of the world. Tests hand in their own. */
export interface Io {
  /** Results. */
  readonly stdout: Output;
  /** Everything else: progress, warnings, errors. */
  readonly stderr: Output;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly env: Environment;
  /** Aborted by Ctrl-C; the reason is an `InterruptedError`. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Whether results are written in colour. */
  readonly colored: boolean;
}

/** The words of a command line that belong to no flag. */
export interface PositionalRow {
  /** As the usage line writes it: `text`. */
  readonly name: string;
  /** What it is, in one sentence without a full stop. */
  readonly help: string;
  readonly required?: boolean;
  /** Whether there may be more than one. */
  readonly repeated?: boolean;
}

/** What a command line gave. */
export interface CommandInput<Flags extends OptionRows> {
  /** Each flag's value, with defaults filled in. */
  readonly flags: OptionValues<Flags>;
  /** Only what was written on the command line: what a recipe's own settings must give way to. */
  readonly given: Partial<OptionValues<Flags>>;
  readonly positionals: readonly string[];
}

/** The declaration of a command: its parsing, its help and its errors all come from here. */
export interface CommandSpec<Flags extends OptionRows> {
  readonly name: string;
  /** What it does, in one sentence without a full stop. */
  readonly summary: string;
  /** More about it, for its own help text; paragraphs are parted by an empty line. */
  readonly description?: string;
  readonly flags: Flags;
  readonly positionals?: PositionalRow;
  readonly examples?: readonly { readonly command: string; readonly help: string }[];
  /** Does the work. It resolves to the exit code, or to nothing for 0. */
  run(input: CommandInput<Flags>, io: Io): Promise<number | undefined | undefined>;
}

/** A command without the types of its flags, as the program holds it. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly flags: OptionRows;
  readonly positionals?: PositionalRow;
  readonly examples?: CommandSpec<OptionRows>['examples'];
  /**
   * Reads the words after the command's name and does the work.
   * @throws UsageError when the words cannot be understood.
   */
  execute(words: readonly string[], io: Io): Promise<number>;
}

/**
 * Declares a command. Flags are option rows by name; `run` gets their values with the rows' types.
 * @example
 * const greet = defineCommand({
 *   name: 'greet',
 *   summary: 'Greets',
 *   flags: { times: { type: 'integer', min: 1, default: 1, help: 'How often' } },
 *   positionals: { name: 'name', help: 'Who is greeted', required: true },
 *   async run({ flags, positionals }, io) {
 *     for (let i = 0; i < flags.times; i++) io.stdout.write(`Hello ${positionals[0]}\n`);
 *   },
 * });
 */
export function defineCommand<const Flags extends OptionRows>({ run, ...declared }: CommandSpec<Flags>): Command {
  return {
    ...declared,
    async execute(words, io) {
      const input = parseArguments(declared, words);
      return (await run(input, io)) ?? 0;
    },
  };
}
