import { ConfigError } from '../../core/index.ts';
import { Pieces } from '../text/pieces.ts';
import { isHigh, isLow } from '../text/surrogates.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/** The fields of FixedLength. */
export interface FixedLengthFields {
  /** How many characters a piece has, counted in code points. */
  length: number;
}

/** Pieces of one length, the last one shorter. In tokenizer.json: `{ "type": "FixedLength", "length": 5 }`. */
export const FixedLength: PreTokenizerDefinition<FixedLengthFields> = definePreTokenizer<FixedLengthFields>({
  type: 'FixedLength',
  defaults: { length: 5 },
  check: ({ length }, where) => {
    if (!Number.isSafeInteger(length) || length < 1)
      throw new ConfigError(`${where}: length is ${length}; a whole number from 1 is needed.`);
  },
  preTokenize: (given, { length }) => {
    const { source, bounds } = given.spelled();
    const result: number[] = [];
    for (let i = 0; i < bounds.length; i += 2) {
      const to = bounds[i + 1]!;
      let characters = 0;
      let start = bounds[i]!;
      for (let at = start; at < to; at++) {
        if (isHigh(source.text.charCodeAt(at)) && isLow(source.text.charCodeAt(at + 1))) at++;
        if (++characters < length && at + 1 < to) continue;
        result.push(start, at + 1);
        start = at + 1;
        characters = 0;
      }
    }
    return new Pieces(source, result);
  },
});
