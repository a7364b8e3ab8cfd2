import { whiteSpace } from '../text/characters.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/** Splits on white space and nothing else. In tokenizer.json: `{ "type": "WhitespaceSplit" }`. */
export const WhitespaceSplit: PreTokenizerDefinition<Record<never, never>> = definePreTokenizer({
  type: 'WhitespaceSplit',
  defaults: {},
  preTokenize: (text) => text.split(whiteSpace, 'removed'),
});
