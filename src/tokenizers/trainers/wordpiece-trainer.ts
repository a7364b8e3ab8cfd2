import { ConfigError, defineOptions, type GivenOptions, type OptionValues, readOptions } from '../../core/index.ts';
import type { Model } from '../models/model.ts';
import { WordPiece } from '../models/wordpiece.ts';
import { mergeByLikelihood } from './likelihood-merges.ts';
import { startOf } from './merge-start.ts';
import { type MergingTrainer, mergeAll } from './merging.ts';
import { type MergeProgress, type MergeStart, mergePairs } from './pair-merges.ts';
import { countWords, Pace, printStages, type Splitter, type Trained, type TrainingOptions } from './trainer.ts';

/** The options of a WordPieceTrainer, by Hugging Face's names. */
export const wordPieceTrainerOptions = defineOptions({
  vocab_size: { type: 'integer', default: 30000, min: 0, help: 'How many tokens the vocabulary gets, all included' },
  min_frequency: { type: 'integer', default: 0, min: 0, help: 'Pairs rarer than this are not merged' },
  special_tokens: { type: 'string', repeated: true, help: 'The first tokens of the vocabulary, in this order' },
  limit_alphabet: {
    type: 'integer',
    min: 0,
    otherwise: 'no limit',
    help: 'How many different characters are kept, the most frequent ones',
  },
  initial_alphabet: { type: 'string', repeated: true, help: 'Characters to have also where no text has them' },
  continuing_subword_prefix: { type: 'string', default: '##', help: 'What a token starts with that continues a word' },
  score: {
    type: 'choice',
    choices: ['frequency', 'likelihood'],
    default: 'frequency',
    help: 'Which pair is joined: the most frequent, or the one that is likelier than its parts by chance',
  },
  show_progress: { type: 'boolean', default: false, help: 'Print a line per stage on the console' },
});

/** What a WordPieceTrainer is made from. */
export type WordPieceTrainerOptions = GivenOptions<typeof wordPieceTrainerOptions>;

/**
 * Trains a WordPiece vocabulary as Hugging Face's WordPieceTrainer does: byte-pair merges over characters, those inside a
 * word with a prefix. Special tokens come first, then the characters by code point, then the prefixed ones, then merges.
 * With `score: 'likelihood'` the merges are those that WordPiece was published with: see `mergeByLikelihood`.
 *
 * Differences: Hugging Face's library numbers the prefixed characters in the random order of its hash map, and breaks ties
 * between merges by those numbers, so no two of its runs need agree; here they go by code point. show_progress is off unless
 * asked for.
 */
export class WordPieceTrainer implements MergingTrainer {
  readonly #options: OptionValues<typeof wordPieceTrainerOptions>;

  constructor(options: WordPieceTrainerOptions = {}) {
    this.#options = readOptions('WordPieceTrainer', wordPieceTrainerOptions, options);
  }

  async train(
    texts: Iterable<string> | AsyncIterable<string>,
    split: Splitter,
    model: Model,
    options: TrainingOptions = {},
  ): Promise<Trained> {
    if (!(model instanceof WordPiece)) {
      throw new ConfigError(`WordPieceTrainer: the tokenizer's model is ${model.type}; a WordPiece model is needed.`);
    }
    const { special_tokens, vocab_size, continuing_subword_prefix, show_progress } = this.#options;
    const pace = new Pace(options, options.onProgress ?? (show_progress ? printStages('WordPieceTrainer') : undefined));
    const words = await countWords(texts, split, pace);
    const start = this.startOf(words);
    await mergeAll(start, this.merge(start), vocab_size, pace);
    const { unk_token, max_input_chars_per_word } = model;
    const vocab = new Map(start.tokens.map((token, id) => [token, id]));
    return { model: new WordPiece(vocab, { unk_token, max_input_chars_per_word, continuing_subword_prefix }), special_tokens };
  }

  startOf(words: ReadonlyMap<string, number>, order?: (tokenA: string, tokenB: string) => number): MergeStart {
    return startOf(words, { ...this.#options, end_of_word_suffix: '' }, order);
  }

  merge(start: MergeStart): Generator<MergeProgress> {
    const { vocab_size, min_frequency, continuing_subword_prefix: prefix, score } = this.#options;
    return (score === 'likelihood' ? mergeByLikelihood : mergePairs)(start, { vocab_size, min_frequency, prefix });
  }
}
