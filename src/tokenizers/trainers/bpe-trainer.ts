import { defineOptions, type GivenOptions, type OptionValues, readOptions } from '../../core/index.ts';
import { BPE } from '../models/bpe.ts';
import { byteCharacters } from '../text/byte-characters.ts';
import { startOf } from './merge-start.ts';
import { type MergingTrainer, mergeAll } from './merging.ts';
import { type MergeProgress, type MergeStart, mergePairs } from './pair-merges.ts';
import { startTraining, type Trained, type TrainingInputs } from './trainer.ts';
import { mergingOptions } from './trainer-options.ts';

/** The options of a BpeTrainer, by Hugging Face's names. */
export const bpeTrainerOptions = defineOptions({
  ...mergingOptions,
  continuing_subword_prefix: { type: 'string', otherwise: 'none', help: 'What a token starts with that continues a word' },
  end_of_word_suffix: { type: 'string', otherwise: 'none', help: 'What a token ends with that ends a word' },
  max_token_length: {
    type: 'integer',
    min: 1,
    otherwise: 'no limit',
    help: 'Merged tokens have fewer characters than this; a pair of single characters is always merged',
  },
});

/** What a BpeTrainer is made from. */
export type BpeTrainerOptions = GivenOptions<typeof bpeTrainerOptions>;

/** The 256 characters that stand for bytes: the `initial_alphabet` of byte-level BPE. In Python, `ByteLevel.alphabet()`. */
export function byteLevelAlphabet(): string[] {
  return [...byteCharacters];
}

/**
 * Trains byte-pair encoding like Hugging Face's BpeTrainer: special tokens, then the characters by code point, then one token
 * for each merge of the most frequent pair. Byte-level BPE is the same behind a ByteLevel pre-tokenizer, with
 * `byteLevelAlphabet()` as `initial_alphabet`.
 *
 * Differences: characters with a prefix or a suffix go by code point; Hugging Face's library numbers them in the random order
 * of its hash map, and breaks ties between merges by those numbers. show_progress is off unless asked for.
 */
export class BpeTrainer implements MergingTrainer {
  readonly #options: OptionValues<typeof bpeTrainerOptions>;

  constructor(options: BpeTrainerOptions = {}) {
    this.#options = readOptions('BpeTrainer', bpeTrainerOptions, options);
  }

  async train(...given: TrainingInputs): Promise<Trained> {
    const { special_tokens, vocab_size, show_progress } = this.#options;
    const { model, words, pace } = await startTraining(
      { speaker: 'BpeTrainer', Model: BPE, type: 'BPE', show_progress },
      given,
    );
    const start = this.startOf(words);
    const merges = await mergeAll(start, this.merge(start), vocab_size, pace);
    const { tokens } = start;
    const { dropout, unk_token, fuse_unk, byte_fallback, ignore_merges } = model;
    return {
      model: new BPE(
        new Map(tokens.map((token, id) => [token, id])),
        merges.map(({ first, second }) => [tokens[first]!, tokens[second]!]),
        {
          dropout,
          unk_token,
          fuse_unk,
          byte_fallback,
          ignore_merges,
          continuing_subword_prefix: this.#options.continuing_subword_prefix ?? null,
          end_of_word_suffix: this.#options.end_of_word_suffix ?? null,
        },
      ),
      special_tokens,
    };
  }

  startOf(words: ReadonlyMap<string, number>, order?: (tokenA: string, tokenB: string) => number): MergeStart {
    const { continuing_subword_prefix = '', end_of_word_suffix = '' } = this.#options;
    return startOf(words, { ...this.#options, continuing_subword_prefix, end_of_word_suffix }, order);
  }

  merge(start: MergeStart): Generator<MergeProgress> {
    const { vocab_size, min_frequency, max_token_length, continuing_subword_prefix: prefix = '' } = this.#options;
    return mergePairs(start, { vocab_size, min_frequency, max_token_length, prefix });
  }
}
