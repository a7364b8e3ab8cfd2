import { ConfigError } from '../../core/index.ts';
import { brief } from '../component.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/** The fields of CharDelimiterSplit. */
export interface CharDelimiterSplitFields {
  /** One character. */
  delimiter: string;
}

/** Splits at one character and removes it. In tokenizer.json: `{ "type": "CharDelimiterSplit", "delimiter": "|" }`. */
export const CharDelimiterSplit: PreTokenizerDefinition<CharDelimiterSplitFields> =
  definePreTokenizer<CharDelimiterSplitFields>({
    type: 'CharDelimiterSplit',
    defaults: { delimiter: ' ' },
    check: ({ delimiter }, where) => {
      if ([...delimiter].length !== 1)
        throw new ConfigError(`${where}: delimiter is ${brief(delimiter)}; one character is needed.`);
    },
    preTokenize: (pieces, { delimiter }) => pieces.split(delimiter, 'removed'),
  });
