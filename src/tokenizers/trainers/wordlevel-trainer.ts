import { defineOptions, type GivenOptions, type OptionValues, readOptions } from '../../core/index.ts';
import { WordLevel } from '../models/wordlevel.ts';
import { startTraining, type Trained, type Trainer, type TrainingInputs } from './trainer.ts';
import { vocabularyOptions } from './trainer-options.ts';

/** The options of a WordLevelTrainer, by Hugging Face's names. */
export const wordLevelTrainerOptions = defineOptions({
  ...vocabularyOptions,
  min_frequency: { type: 'integer', default: 0, min: 0, help: 'Rarer words are left out' },
});

/** What a WordLevelTrainer is made from. */
export type WordLevelTrainerOptions = GivenOptions<typeof wordLevelTrainerOptions>;

/**
 * Makes a vocabulary of the most frequent words, those equally frequent in the order of their code points, like Hugging Face's
 * WordLevelTrainer. A word that is also a special token is not counted a second time (there it takes a second id).
 * show_progress is off unless asked for.
 */
export class WordLevelTrainer implements Trainer {
  readonly #options: OptionValues<typeof wordLevelTrainerOptions>;

  constructor(options: WordLevelTrainerOptions = {}) {
    this.#options = readOptions('WordLevelTrainer', wordLevelTrainerOptions, options);
  }

  async train(...given: TrainingInputs): Promise<Trained> {
    const { special_tokens, vocab_size, min_frequency, show_progress } = this.#options;
    const { model, words: counts } = await startTraining(
      { speaker: 'WordLevelTrainer', Model: WordLevel, type: 'WordLevel', show_progress },
      given,
    );
    const words = [...counts]
      .filter(([, count]) => count >= min_frequency)
      .sort(([a, m], [b, n]) => n - m || compareCodePoints(a, b))
      .map(([word]) => word);
    const tokens = [...new Set([...special_tokens, ...words])].slice(0, vocab_size);
    const { unk_token } = model;
    return { model: new WordLevel(new Map(tokens.map((token, id) => [token, id])), { unk_token }), special_tokens };
  }
}

/** Order by code points: that of UTF-8 bytes, and of UTF-16 units but for what lies above U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const [isPairX, isPairY] = [(x & 0xf800) === 0xd800, (y & 0xf800) === 0xd800];
    return isPairX === isPairY ? x - y : isPairX ? 1 : -1;
  }
  return a.length - b.length;
}
