import { ConfigError, nearest, UnsupportedError } from '../core/index.ts';
import type { Side } from './encoding.ts';
import type { Padding } from './padding.ts';
import type { Truncation, TruncationStrategy } from './truncation.ts';

/** How texts are padded: to the longest of the batch, to `max_length`, or not. */
export type PaddingOption = boolean | 'longest' | 'max_length' | 'do_not_pad';

/** How texts are cut: the longer of a pair first, only one of them, or not. */
export type TruncationOption = boolean | TruncationStrategy | 'do_not_truncate';

/** One text or several, given as strings or as lists of words, or pairs of texts. */
export type TextBatch = string | readonly string[] | readonly (readonly string[])[];

/** The options of calling a tokenizer, by Hugging Face's names. */
export interface CallOptions {
  /**
   * The text or texts that a model shall write: their ids are the `labels` of the call, or its `input_ids` where the text is
   * null. MarianTokenizer cuts them by the pieces of the target language.
   */
  text_target?: TextBatch | undefined;
  /** Put the model's special tokens around the texts. Default true. */
  add_special_tokens?: boolean | undefined;
  /** Default false. */
  padding?: PaddingOption | undefined;
  /** Default false; with `max_length` and neither padding nor truncation given, `longest_first`. */
  truncation?: TruncationOption | undefined;
  /** Tokens per text, special tokens included. Default: the tokenizer's `model_max_length`. */
  max_length?: number | undefined;
  /** How many tokens a part repeats from the part before it, where overflow is returned. Default 0. */
  stride?: number | undefined;
  /** The texts come as lists of words. Default false. */
  is_split_into_words?: boolean | undefined;
  /** Pad to a multiple of this. */
  pad_to_multiple_of?: number | undefined;
  /** Default: the tokenizer's `padding_side`. */
  padding_side?: Side | undefined;
  /** Not done here: a data collator makes tensors. */
  return_tensors?: undefined;
  /** Default: whether `token_type_ids` is among the tokenizer's `model_input_names`. */
  return_token_type_ids?: boolean | undefined;
  /** Default: whether `attention_mask` is among the tokenizer's `model_input_names`. */
  return_attention_mask?: boolean | undefined;
  /** Give what truncation cuts off as further rows. Default false. */
  return_overflowing_tokens?: boolean | undefined;
  /** Default false. */
  return_special_tokens_mask?: boolean | undefined;
  /** Give each token's place in its text: in code points (true, as Hugging Face counts) or in the units of JavaScript's strings. Default false. */
  return_offsets_mapping?: boolean | 'utf-16' | undefined;
  /** Default false. */
  return_length?: boolean | undefined;
  /** Treat special tokens in the text like any other text. Default: the tokenizer's own setting, else false. */
  split_special_tokens?: boolean | undefined;
}

const names: readonly (keyof CallOptions)[] = [
  'text_target',
  'add_special_tokens',
  'padding',
  'truncation',
  'max_length',
  'stride',
  'is_split_into_words',
  'pad_to_multiple_of',
  'padding_side',
  'return_tensors',
  'return_token_type_ids',
  'return_attention_mask',
  'return_overflowing_tokens',
  'return_special_tokens_mask',
  'return_offsets_mapping',
  'return_length',
  'split_special_tokens',
];

/** What a tokenizer knows that decides how it pads and cuts. */
export interface Defaults {
  readonly model_max_length: number;
  readonly padding_side: Side;
  readonly truncation_side: Side;
  readonly pad_token: string | null;
  readonly pad_token_id: number | null;
  readonly pad_token_type_id: number;
}

/** Beyond this, a `model_max_length` means that there is none. */
const unlimited = 1e20;

/**
 * The padding and truncation that options ask for.
 * @throws ConfigError for options that do not exist, have impossible values, or contradict each other.
 */
export function readCallOptions(
  options: CallOptions,
  defaults: Defaults,
): { padding: Padding | null; truncation: Truncation | null } {
  for (const name of Object.keys(options)) {
    if (names.includes(name as keyof CallOptions)) continue;
    const near = nearest(name, names);
    const hint = near === undefined ? `the options are ${names.join(', ')}.` : `did you mean ${near}?`;
    throw new ConfigError(`tokenizer: there is no option ${name}; ${hint}`);
  }
  if (options.return_tensors !== undefined) {
    throw new UnsupportedError(
      `tokenizer: return_tensors is ${JSON.stringify(options.return_tensors)}; a tokenizer gives plain lists: make tensors with a data collator (DataCollatorWithPadding), or with tensor(encoded.input_ids).`,
    );
  }
  const { stride = 0, pad_to_multiple_of, padding_side } = options;
  checkNumber('stride', stride, 0);
  checkNumber('pad_to_multiple_of', pad_to_multiple_of, 1);
  checkNumber('max_length', options.max_length, 0);
  checkChoice('padding_side', padding_side, ['left', 'right']);
  checkChoice('padding', options.padding, [true, false, 'longest', 'max_length', 'do_not_pad']);
  checkChoice('truncation', options.truncation, [true, false, 'longest_first', 'only_first', 'only_second', 'do_not_truncate']);
  checkChoice('return_offsets_mapping', options.return_offsets_mapping, [true, false, 'utf-16']);

  let padding = options.padding === true ? 'longest' : options.padding || 'do_not_pad';
  let truncation = options.truncation === true ? 'longest_first' : options.truncation || 'do_not_truncate';
  if (options.max_length !== undefined && options.truncation === undefined && !options.padding) truncation = 'longest_first';
  let max_length = options.max_length;
  if (max_length === undefined) {
    const isLimited = defaults.model_max_length <= unlimited;
    if (isLimited) max_length = defaults.model_max_length;
    else {
      if (padding === 'max_length') padding = 'do_not_pad';
      truncation = 'do_not_truncate';
    }
  }
  const pads = padding !== 'do_not_pad';
  const cuts = truncation !== 'do_not_truncate';
  if (pads && (defaults.pad_token === null || defaults.pad_token_id === null)) {
    throw new ConfigError(
      "tokenizer: padding is asked for and there is no padding token; set one, as in tokenizer.pad_token = '[PAD]'.",
    );
  }
  if (cuts && pads && pad_to_multiple_of !== undefined && max_length! % pad_to_multiple_of !== 0) {
    throw new ConfigError(
      `tokenizer: texts are cut to ${max_length} tokens and padded to a multiple of ${pad_to_multiple_of}; max_length must be such a multiple.`,
    );
  }
  return {
    padding: pads
      ? {
          length: padding === 'max_length' ? max_length! : null,
          direction: padding_side ?? defaults.padding_side,
          pad_to_multiple_of: pad_to_multiple_of ?? null,
          pad_id: defaults.pad_token_id!,
          pad_type_id: defaults.pad_token_type_id,
          pad_token: defaults.pad_token!,
        }
      : null,
    truncation: cuts
      ? { max_length: max_length!, strategy: truncation as TruncationStrategy, stride, direction: defaults.truncation_side }
      : null,
  };
}

function checkNumber(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new ConfigError(`tokenizer: ${name} is ${String(value)}; a whole number of at least ${least} is needed.`);
}

function checkChoice(name: string, value: unknown, choices: readonly unknown[]): void {
  if (value === undefined || choices.includes(value)) return;
  const near =
    typeof value === 'string' ? nearest(value, choices.filter((choice) => typeof choice === 'string') as string[]) : undefined;
  const hint = near === undefined ? '.' : `; did you mean ${near}?`;
  throw new ConfigError(
    `tokenizer: ${name} is ${JSON.stringify(value)}; it must be one of ${choices.map((c) => JSON.stringify(c)).join(', ')}${hint}`,
  );
}
