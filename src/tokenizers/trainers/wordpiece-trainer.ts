import { defineOptions, type GivenOptions, type OptionValues, readOptions } from '../../core/index.ts';
import { WordPiece } from '../models/wordpiece.ts';
import { mergeByLikelihood } from './likelihood-merges.ts';
import { startOf } from './merge-start.ts';
import { type MergingTrainer, mergeAll } from './merging.ts';
import { type MergeProgress, type MergeStart, mergePairs } from './pair-merges.ts';
import { startTraining, type Trained, type TrainingInputs } from './trainer.ts';
import { mergingOptions } from './trainer-options.ts';

/** The options of a WordPieceTrainer, by Hugging Face's names. */
export const wordPieceTrainerOptions = defineOptions({
  ...mergingOptions,
  continuing_subword_prefix: { type: 'string', default: '##', help: 'What a token starts with that continues a word' },
  score: {
    type: 'choice',
    choices: ['frequency', 'likelihood'],
    default: 'frequency',
    help: 'Which pair is joined: the most frequent, or the one that is likelier than its parts by chance',
  },
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

  async train(...given: TrainingInputs): Promise<Trained> {
    const { special_tokens, vocab_size, continuing_subword_prefix, show_progress } = this.#options;
    const { model, words, pace } = await startTraining(
      { speaker: 'WordPieceTrainer', Model: WordPiece, type: 'WordPiece', show_progress },
      given,
    );
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
