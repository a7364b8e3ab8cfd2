import { punctuation } from '../text/characters.ts';
import { type JsonBehavior, readBehavior } from './behavior.ts';
import { cutAtClasses } from './cut-at-classes.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/** The fields of Punctuation. */
export interface PunctuationFields {
  behavior: JsonBehavior;
}

/** Splits at punctuation marks. In tokenizer.json: `{ "type": "Punctuation", "behavior": "Isolated" }`. */
export const Punctuation: PreTokenizerDefinition<PunctuationFields> = definePreTokenizer<PunctuationFields>({
  type: 'Punctuation',
  defaults: { behavior: 'Isolated' },
  check: ({ behavior }, where) => void readBehavior(behavior, where),
  prepare: ({ behavior }) => ({
    preTokenize: (text) => text.split(punctuation, readBehavior(behavior, 'Punctuation')),
    cut: behavior === 'Isolated' ? cutAtClasses(null, punctuation) : undefined,
  }),
});
