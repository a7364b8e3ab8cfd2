import { ConfigError, DataError, nearest } from '../core/index.ts';
import type { PreTrainedTokenizerFast } from '../tokenizers/index.ts';
import { definePipeline, type PipelineCallOptions } from './define-pipeline.ts';

/** A word for a masked place, and how likely it is. */
export interface FilledMask {
  readonly score: number;
  /** The word's id. */
  readonly token: number;
  /** The word. */
  readonly token_str: string;
  /** The text with the word in it; with several masks the others stay, and so do the special tokens. */
  readonly sequence: string;
}

/** Options of filling masks, by Hugging Face's names. */
export interface FillMaskOptions {
  /** How many words to give for each mask, the likeliest first. Default 5. */
  readonly top_k: number;
  /** Words to choose among, each one token of the vocabulary. Default: all. */
  readonly targets: string | readonly string[] | null;
}

type Given = Partial<FillMaskOptions> & PipelineCallOptions;

/** What is found for one text: a list of words, or one for each mask where it has several. */
export type FilledText = FilledMask[] | FilledMask[][];

/**
 * Says which words fit the masked places of a text, or of several. As in Hugging Face: a text with one mask gives a list of
 * words, one with several masks a list for each; several texts give a list of those.
 *
 * Differs from Hugging Face: a list of one text gives a list of one; a target that is no token of the vocabulary is an error,
 * not its first piece; a target counts once.
 */
export interface FillMask {
  (text: string, options?: Given): Promise<FilledText>;
  (texts: readonly string[], options?: Given): Promise<FilledText[]>;
}

/** Masked places to words. */
export const fillMask = definePipeline<FillMaskOptions, FilledText, FillMask>({
  task: 'fill-mask',
  model: 'AutoModelForMaskedLM',
  truncation: false,
  defaults: { top_k: 5, targets: null },
  check: ({ top_k, targets }) => {
    if (!(Number.isSafeInteger(top_k) && top_k >= 1))
      throw new ConfigError(`pipeline: top_k is ${String(top_k)}; a whole number of at least 1 is needed.`);
    const words = typeof targets === 'string' ? [targets] : targets;
    if (words !== null && !(Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string')))
      throw new ConfigError('pipeline: targets must be a word or a list of words, or null for all.');
  },
  places: (input_ids, text, { tokenizer }) => {
    const { mask_token, mask_token_id } = tokenizer;
    if (mask_token === null || mask_token_id === null)
      throw new ConfigError(
        "pipeline: this tokenizer has no mask token, so there is nothing to fill; take a masked language model's, such as BERT's.",
      );
    const places = placesOf(input_ids, mask_token_id);
    if (places.length > 0) return places;
    const other = otherMasks.find((mask) => mask !== mask_token && text.includes(mask));
    const cut = text.includes(mask_token);
    const found = cut
      ? 'truncation cut it off'
      : other === undefined
        ? 'put it where a word is missing'
        : `the text has ${other}, which is another tokenizer's: write ${mask_token} in its place`;
    throw new DataError(`pipeline: fill-mask found no ${mask_token} in ${quoted(text)}; ${found}.`);
  },
  postprocess: ({ input_ids, logits }, { tokenizer }, { top_k, targets }) => {
    const places = placesOf(input_ids, tokenizer.mask_token_id!);
    const width = logits.length / places.length;
    const chosen = targets === null ? null : idsOf(typeof targets === 'string' ? [targets] : targets, tokenizer);
    const lists = places.map((place, row) => {
      const likely = likeliest(logits.subarray(row * width, (row + 1) * width), top_k, chosen);
      return likely.map(({ token, score }): FilledMask => {
        const ids = input_ids.map((id, i) => (i === place ? token : id)).filter((id) => id !== tokenizer.pad_token_id);
        const sequence = tokenizer.decode(ids, { skip_special_tokens: places.length === 1 });
        return { score, token, token_str: tokenizer.decode([token]), sequence };
      });
    });
    return lists.length === 1 ? lists[0]! : lists;
  },
  arrange: (items, isSingle) => (isSingle ? items[0]! : items),
});

/** What tokenizers call the masked place. */
const otherMasks = ['[MASK]', '<mask>', '[mask]', '<MASK>', '<|mask|>', '[gMASK]', '<extra_id_0>', '{mask}', '___'];

function placesOf(input_ids: readonly number[], mask: number): number[] {
  return input_ids.flatMap((id, i) => (id === mask ? [i] : []));
}

/** The likeliest of all words, or of those `chosen`, by the softmax over all. */
function likeliest(logits: Float32Array, count: number, chosen: readonly number[] | null): { token: number; score: number }[] {
  let most = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > most) most = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  const order = chosen === null ? Array.from(logits.keys()) : [...chosen];
  order.sort((a, b) => logits[b]! - logits[a]! || a - b);
  return order.slice(0, count).map((token) => ({ token, score: Math.exp(logits[token]! - most) / sum }));
}

function idsOf(targets: readonly string[], tokenizer: PreTrainedTokenizerFast): number[] {
  const vocab = tokenizer.get_vocab();
  const ids = targets.map((target) => {
    const id = vocab.get(target);
    if (id !== undefined) return id;
    const pieces = tokenizer.tokenize(target);
    const near = nearest(target, vocab.keys());
    const hint = near !== undefined ? ` Did you mean ${near}?` : '';
    throw new ConfigError(
      `pipeline: the target ${quoted(target)} is no token of the vocabulary, which spells it ${pieces.join(' ') || 'with nothing'}; a mask is one token, so name one.${hint}`,
    );
  });
  return [...new Set(ids)];
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
