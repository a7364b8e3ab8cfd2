import {
  checkOptionNames,
  defineOptions,
  type GivenOptions,
  type OptionRows,
  type OptionValues,
  readOptions,
} from '../../core/index.ts';
import type { TrainingOptions } from './trainer.ts';

/** The options that every trainer has. */
export const vocabularyOptions = defineOptions({
  vocab_size: { type: 'integer', default: 30000, min: 0, help: 'How many tokens the vocabulary gets, all included' },
  special_tokens: { type: 'string', repeated: true, help: 'The first tokens of the vocabulary, in this order' },
  show_progress: { type: 'boolean', default: false, help: 'Print a line per stage on the console' },
});

/** Those of trainers that start from characters. */
export const alphabetOptions = defineOptions({
  initial_alphabet: { type: 'string', repeated: true, help: 'Characters to have also where no text has them' },
});

/** Those of trainers that join pairs of symbols. */
export const mergingOptions = defineOptions({
  ...vocabularyOptions,
  ...alphabetOptions,
  min_frequency: { type: 'integer', default: 0, min: 0, help: 'Pairs rarer than this are not merged' },
  limit_alphabet: {
    type: 'integer',
    min: 0,
    otherwise: 'no limit',
    help: 'How many different characters are kept, the most frequent ones',
  },
});

/**
 * Reads the options of a function that trains: those of rows, and what any training takes.
 * @throws ConfigError as `readOptions`.
 */
export function readTrainingOptions<const Rows extends OptionRows>(
  speaker: string,
  rows: Rows,
  given: GivenOptions<Rows> & TrainingOptions,
): { settings: OptionValues<Rows>; training: TrainingOptions } {
  checkOptionNames(speaker, given, [...Object.keys(rows), 'signal', 'onProgress']);
  const { signal, onProgress, ...rest } = given;
  return { settings: readOptions(speaker, rows, rest as GivenOptions<Rows>), training: { signal, onProgress } };
}
