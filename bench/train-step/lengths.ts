import { Tokenizer } from '../../src/tokenizers/index.ts';
import type { Options } from '../harness/question.ts';
import { linesOf, tokenizerOf } from '../tokenize/texts.ts';
import { firstToken } from './bert-mini.ts';

const texts = [
  { data: 'AG News', file: 'ag_news/train_10k.tsv.gz', column: 0, tokenizer: 'tok-bert-base-uncased' },
  { data: 'NSMC', file: 'nsmc/ratings_train_40k.txt.gz', column: 1, tokenizer: 'tok-klue-roberta-base' },
] as const;

/** More than a run of twenty rounds takes, so that each batch has its first turn within the timed steps, as in training. */
const batches = 256;
const stepsPerTurn = 12;
const longest = 128;

/**
 * The first batches of 32 texts of real data sets, in the order of the file, each padded to its longest text. The sides
 * get the texts' lengths in tokens and fill them with numbers. Empty where ../shared is not there.
 */
export function asTheyCome(): (Options & { data: string })[] {
  return texts.flatMap(({ data, file, column, tokenizer }) => {
    try {
      const read = Tokenizer.from_str(tokenizerOf({ tokenizer }).json);
      const lines = linesOf({ data: file, column, unique: false }).slice(0, batches * firstToken.rows);
      const lengths = lines.map((line) => Math.min(longest, read.encode(line).ids.length));
      return [{ ...firstToken, data, lengths, steps_per_turn: stepsPerTurn }];
    } catch (error) {
      console.log(`train-step: no batches of ${data}: ${error instanceof Error ? error.message : error}`);
      return [];
    }
  });
}
