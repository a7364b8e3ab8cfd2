import { ConfigError, DataError } from '../core/index.ts';
import { BatchEncoding, type EncodedLists } from './batch-encoding.ts';
import { type Defaults, type PaddingOption, readCallOptions } from './call-options.ts';
import { brief } from './component.ts';
import type { Side } from './encoding.ts';
import { roundedUp } from './padding.ts';

/** The options of `pad`, by Hugging Face's names. */
export interface PadOptions {
  /** Default true: to the longest. */
  padding?: PaddingOption | undefined;
  max_length?: number | undefined;
  pad_to_multiple_of?: number | undefined;
  padding_side?: Side | undefined;
  /** Make an attention mask where the texts have none. Default: whether it is among the tokenizer's `model_input_names`. */
  return_attention_mask?: boolean | undefined;
}

type Lists = Record<string, unknown>;

/**
 * Fills up lists of encoded texts to one length: input_ids, attention_mask, token_type_ids and special_tokens_mask.
 * What else the texts have (labels, offsets) is gathered and left as it is.
 */
export function padLists(
  encoded: EncodedLists | readonly EncodedLists<number[]>[],
  options: PadOptions,
  tokenizer: Defaults & { readonly model_input_names: readonly string[] },
): BatchEncoding {
  const { return_attention_mask, ...given } = options;
  const batch = Array.isArray(encoded) ? gathered(encoded) : { ...(encoded as unknown as Lists) };
  const ids = batch.input_ids;
  if (!Array.isArray(ids)) throw new DataError(`pad: input_ids is ${brief(ids)}; encoded texts with input_ids are needed.`);
  const isBatch = Array.isArray(encoded) || Array.isArray(ids[0]);
  const rows = (isBatch ? ids : [ids]) as number[][];
  if (rows.length === 0) return new BatchEncoding(batch as unknown as EncodedLists);
  const { padding } = readCallOptions({ padding: true, truncation: false, ...given }, tokenizer);
  const needsMask = return_attention_mask ?? tokenizer.model_input_names.includes('attention_mask');
  if (needsMask && batch.attention_mask === undefined) {
    const masks = rows.map((row) => new Array<number>(row.length).fill(1));
    batch.attention_mask = isBatch ? masks : masks[0];
  }
  if (padding === null) return new BatchEncoding(batch as unknown as EncodedLists);
  const longest = padding.length ?? rows.reduce((most, row) => Math.max(most, row.length), 0);
  const length = roundedUp(longest, padding.pad_to_multiple_of);
  const fillers: Record<string, number> = {
    input_ids: padding.pad_id,
    attention_mask: 0,
    token_type_ids: padding.pad_type_id,
    special_tokens_mask: 1,
  };
  for (const [name, value] of Object.entries(fillers)) {
    if (batch[name] === undefined) continue;
    const lists = (isBatch ? batch[name] : [batch[name]]) as number[][];
    if (lists.length !== rows.length)
      throw new ConfigError(`pad: ${name} has ${lists.length} rows and input_ids ${rows.length}; as many are needed.`);
    const filled = lists.map((list) => {
      const filler = new Array<number>(Math.max(0, length - list.length)).fill(value);
      return padding.direction === 'right' ? list.concat(filler) : filler.concat(list);
    });
    batch[name] = isBatch ? filled : filled[0];
  }
  return new BatchEncoding(batch as unknown as EncodedLists);
}

/** A list of texts with lists as lists of texts. */
function gathered(encoded: readonly EncodedLists<number[]>[]): Lists {
  const batch: Record<string, unknown[]> = {};
  for (const name of Object.keys(encoded[0] ?? { input_ids: [] })) {
    batch[name] = encoded.map((one, i) => {
      const value = (one as unknown as Lists)[name];
      if (value === undefined) throw new DataError(`pad: text ${i} has no ${name} and text 0 has; all need the same lists.`);
      return value;
    });
  }
  return batch;
}
