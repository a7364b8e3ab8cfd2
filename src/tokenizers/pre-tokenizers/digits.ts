import { numericCharacters } from '../text/characters.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/** The fields of Digits. */
export interface DigitsFields {
  /** Each digit a piece of its own, instead of each run of them. */
  individual_digits: boolean;
}

/** Splits numbers from the rest. In tokenizer.json: `{ "type": "Digits", "individual_digits": false }`. */
export const Digits: PreTokenizerDefinition<DigitsFields> = definePreTokenizer<DigitsFields>({
  type: 'Digits',
  defaults: { individual_digits: false },
  preTokenize: (pieces, { individual_digits }) =>
    pieces.split(numericCharacters, individual_digits ? 'isolated' : 'contiguous'),
});
