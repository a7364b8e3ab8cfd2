import { ConfigError, defineOptions, type GivenOptions, type OptionValues, readOptions } from '../../core/index.ts';
import { Unigram } from '../models/unigram.ts';
import { type Pace, startTraining, type Trained, type Trainer, type TrainingInputs } from './trainer.ts';
import { alphabetOptions, vocabularyOptions } from './trainer-options.ts';
import { estimatePieces, finishPieces, type ScoredPiece, type UnigramProgress } from './unigram-pieces.ts';

/** The options of a UnigramTrainer, by Hugging Face's names. */
export const unigramTrainerOptions = defineOptions({
  ...vocabularyOptions,
  ...alphabetOptions,
  vocab_size: { ...vocabularyOptions.vocab_size, default: 8000, min: 1 },
  shrinking_factor: {
    type: 'number',
    default: 0.75,
    above: 0,
    below: 1,
    help: 'What part of the pieces is kept each time some are dropped',
  },
  unk_token: { type: 'string', otherwise: 'none', help: 'The piece for what no piece spells' },
  max_piece_length: { type: 'integer', default: 16, min: 1, help: 'The most characters of a piece' },
  n_sub_iterations: { type: 'integer', default: 2, min: 1, help: 'Estimates before each dropping' },
  seed_size: { type: 'integer', default: 1_000_000, min: 1, help: 'The most pieces to start with' },
});

/** What a UnigramTrainer is made from. */
export type UnigramTrainerOptions = GivenOptions<typeof unigramTrainerOptions>;

/**
 * Trains a Unigram vocabulary like Hugging Face's UnigramTrainer: from all frequent substrings, by EM with pruning, to the
 * pieces that make the texts likeliest. See `estimatePieces`.
 *
 * Differences: characters that are no piece get their scores by code point, there in the random order of a hash map.
 * show_progress is off unless asked for.
 */
export class UnigramTrainer implements Trainer {
  readonly #options: OptionValues<typeof unigramTrainerOptions>;

  constructor(options: UnigramTrainerOptions = {}) {
    this.#options = readOptions('UnigramTrainer', unigramTrainerOptions, options);
  }

  async train(...given: TrainingInputs): Promise<Trained> {
    const { special_tokens, unk_token, show_progress } = this.#options;
    const { model, words, pace } = await startTraining(
      { speaker: 'UnigramTrainer', Model: Unigram, type: 'Unigram', show_progress },
      given,
    );
    const required = this.requiredCharacters(words);
    const pieces = finishPieces(await this.#estimate(words, pace), required, this.#room);
    const leading = this.#addsUnknown ? [unk_token!, ...special_tokens] : special_tokens;
    const unk_id = unk_token === undefined ? null : leading.indexOf(unk_token);
    const vocab: ScoredPiece[] = [...leading.map((token): ScoredPiece => [token, 0]), ...pieces];
    return { model: new Unigram(vocab, { unk_id, byte_fallback: model.byte_fallback }), special_tokens };
  }

  /**
   * Every character of the words and of the initial alphabet, by code point.
   * @throws ConfigError when the vocabulary has no room for them.
   */
  requiredCharacters(words: ReadonlyMap<string, number>): string[] {
    const characters = new Set<string>();
    for (const text of this.#options.initial_alphabet) {
      const [first] = text;
      if (first !== undefined) characters.add(first);
    }
    for (const word of words.keys()) for (const character of word) characters.add(character);
    if (characters.size > this.#room) {
      throw new ConfigError(
        `UnigramTrainer: the texts have ${characters.size} different characters and vocab_size leaves room for ${this.#room} pieces; give a larger vocab_size.`,
      );
    }
    return [...characters].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
  }

  /** Whether the unknown token is not among the special ones and comes before them. */
  get #addsUnknown(): boolean {
    const { unk_token, special_tokens } = this.#options;
    return unk_token !== undefined && !special_tokens.includes(unk_token);
  }

  /** How many pieces are to be found beside the special tokens. */
  get #room(): number {
    return this.#options.vocab_size - this.#options.special_tokens.length - (this.#addsUnknown ? 1 : 0);
  }

  async #estimate(words: ReadonlyMap<string, number>, pace: Pace): Promise<ScoredPiece[]> {
    const estimation = estimatePieces(words, this.#options);
    let last: UnigramProgress | undefined;
    for (;;) {
      const { done, value } = estimation.next();
      if (done) {
        if (last !== undefined) pace.finish({ ...last, done: last.total });
        return value;
      }
      if (last !== undefined && value.stage !== last.stage) pace.finish({ ...last, done: last.total });
      last = value;
      if (pace.isOver) await pace.rest(value);
    }
  }
}
