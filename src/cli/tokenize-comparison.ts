import { AutoTokenizer, type PreTrainedTokenizerFast, type TokenizerKind, trainTokenizer } from '../tokenizers/index.ts';
import type { Io } from './command.ts';
import { UsageError } from './errors.ts';
import { stageBars } from './tokenize-progress.ts';
import { textsOfFile } from './tokenize-texts.ts';

/** What is compared. */
export interface ComparisonOptions {
  readonly data: string;
  readonly text_column: string | undefined;
  readonly kinds: readonly TokenizerKind[];
  readonly models: readonly string[];
  readonly vocab_size: number;
  readonly texts: readonly string[];
}

/** What a tokenizer makes of the texts that it was not trained on. */
export interface ComparisonRow {
  readonly name: string;
  readonly vocab_size: number;
  readonly tokens_per_word: number;
  readonly tokens_per_character: number;
  /** The share of unknown tokens, from 0 to 1. */
  readonly oov_rate: number;
  /** Tokens of the text that has most. */
  readonly longest: number;
  /** The tokens of each text that was asked for. */
  readonly pieces: readonly (readonly string[])[];
}

/** Every tenth text is held out. */
const holdOut = 10;

/** Trains each kind, loads each model, and counts on the texts that were held out. */
export async function compareTokenizers(options: ComparisonOptions, io: Io): Promise<ComparisonRow[]> {
  const { data, text_column, kinds, models, vocab_size, texts } = options;
  // Every kind is trained on the same texts, so they are kept.
  const all: string[] = [];
  for await (const some of await textsOfFile('qkv tokenize compare', data, text_column, io.signal)) all.push(...some);
  if (all.length < holdOut) {
    throw new UsageError(
      `qkv tokenize compare: ${data} has ${all.length} texts; at least ${holdOut} are needed, as every tenth is held out.`,
    );
  }
  const training = all.filter((_, i) => i % holdOut !== holdOut - 1);
  const held = all.filter((_, i) => i % holdOut === holdOut - 1);
  const rows: ComparisonRow[] = [];
  for (const kind of kinds) {
    const bars = stageBars(io.progress, kind);
    const tokenizer = await trainTokenizer(kind, training, { vocab_size, signal: io.signal, onProgress: bars.show }).finally(
      bars.end,
    );
    rows.push(rowOf(kind, tokenizer, held, texts));
  }
  for (const folder of models) rows.push(rowOf(folder, await AutoTokenizer.from_pretrained(folder), held, texts));
  return rows;
}

/** Counts on texts. */
function rowOf(
  name: string,
  tokenizer: PreTrainedTokenizerFast,
  held: readonly string[],
  texts: readonly string[],
): ComparisonRow {
  const unknown = tokenizer.unk_token_id;
  const encode = (text: string) =>
    tokenizer.backend_tokenizer.encode(text, null, { add_special_tokens: false, truncation: null, padding: null });
  let [tokens, oov, words, characters, longest] = [0, 0, 0, 0, 0];
  for (const text of held) {
    const { ids } = encode(text);
    tokens += ids.length;
    longest = Math.max(longest, ids.length);
    if (unknown !== null) for (const id of ids) if (id === unknown) oov++;
    words += text.split(/\s+/u).filter((word) => word !== '').length;
    for (const _ of text) characters++;
  }
  return {
    name,
    vocab_size: tokenizer.backend_tokenizer.get_vocab_size(),
    tokens_per_word: tokens / words,
    tokens_per_character: tokens / characters,
    oov_rate: tokens === 0 ? 0 : oov / tokens,
    longest,
    pieces: texts.map((text) => {
      const { tokens: names, ids, utf16_offsets } = encode(text);
      const isShared = (i: number) =>
        [i - 1, i + 1].some((j) => j in utf16_offsets && `${utf16_offsets[j]}` === `${utf16_offsets[i]}`);
      // The text that a token stands for reads better than its bytes, unless several stand for one character.
      return names.map((token, i) => (ids[i] === unknown || isShared(i) ? token : text.slice(...utf16_offsets[i]!) || token));
    }),
  };
}
