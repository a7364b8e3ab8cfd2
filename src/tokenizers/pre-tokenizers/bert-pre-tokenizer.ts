import { punctuation, whiteSpace } from '../text/characters.ts';
import { cutAtClasses } from './cut-at-classes.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/** Splits on white space, then sets each punctuation mark apart. In tokenizer.json: `{ "type": "BertPreTokenizer" }`. */
export const BertPreTokenizer: PreTokenizerDefinition<Record<never, never>> = definePreTokenizer({
  type: 'BertPreTokenizer',
  defaults: {},
  prepare: () => ({
    preTokenize: (text) => text.split(whiteSpace, 'removed').split(punctuation, 'isolated'),
    cut: cutAtClasses(whiteSpace, punctuation),
  }),
});
