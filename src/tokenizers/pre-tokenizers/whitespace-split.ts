import { whiteSpace } from '../text/characters.ts';
import { cutAtClasses } from './cut-at-classes.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/** Splits on white space and nothing else. In tokenizer.json: `{ "type": "WhitespaceSplit" }`. */
export const WhitespaceSplit: PreTokenizerDefinition<Record<never, never>> = definePreTokenizer({
  type: 'WhitespaceSplit',
  defaults: {},
  prepare: () => ({
    preTokenize: (text) => text.split(whiteSpace, 'removed'),
    cut: cutAtClasses(whiteSpace, null),
  }),
});
