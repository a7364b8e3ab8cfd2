import { defineOptions } from '../core/index.ts';
import type { Precision } from '../runtime/index.ts';
import type { CommandInput } from './command.ts';
import { type DeviceFlags, deviceFlags } from './device-flags.ts';
import { UsageError } from './errors.ts';

/** The flags of `qkv run`. */
export const runFlags = defineOptions({
  model: { type: 'string', required: true, help: 'The folder of the model, as `qkv train` or Python saves it' },
  file: { type: 'file', stdin: true, help: 'A file with a text on each line; - reads the standard input' },
  json: { type: 'boolean', default: false, help: 'Prints a JSON object on each line' },
  logits: { type: 'boolean', default: false, help: 'With --json: adds the ids and the logits of each text' },
  top_k: { type: 'integer', min: 1, default: 1, help: 'How many classes to tell of each text, the likeliest first' },
  max_length: {
    type: 'integer',
    min: 4,
    otherwise: 'as the model says',
    help: 'Tokens of a text that are read; the rest is cut',
  },
  dtype: {
    type: 'choice',
    choices: ['float32', 'bfloat16'],
    default: 'float32',
    help: 'What products are computed in; bfloat16 is faster where `qkv doctor` says so',
  },
  ...deviceFlags,
});

/** What `qkv run` is asked to do. */
export interface RunOptions {
  readonly model: string;
  /** The texts themselves, or the file that has them; `-` is the standard input. */
  readonly input: { readonly texts: readonly string[] } | { readonly file: string };
  readonly json: boolean;
  readonly logits: boolean;
  readonly top_k: number;
  readonly max_length: number | undefined;
  readonly dtype: Precision;
  /** Where to compute. */
  readonly machine: DeviceFlags;
}

/**
 * The flags and words of `qkv run` as one object.
 * @throws UsageError when there are neither texts nor a file, or both.
 */
export function runOptions({ flags, positionals: texts }: CommandInput<typeof runFlags>): RunOptions {
  const { file, device, runtime, threads, ...rest } = flags;
  if (file !== undefined && texts.length > 0) {
    throw new UsageError(`qkv run: there is a text on the command line and --file ${file}; give one of them.`);
  }
  if (flags.logits && !flags.json) throw new UsageError('qkv run: --logits adds to JSON objects; give --json with it.');
  if (file === undefined && texts.length === 0) {
    throw new UsageError(
      'qkv run: there is no text; write it after the flags, in quotes, or give --file (- for the standard input).',
    );
  }
  return { ...rest, machine: { device, runtime, threads }, input: file === undefined ? { texts } : { file } };
}
