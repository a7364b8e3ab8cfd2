import { wordCharacters } from '../text/characters.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

const words = new RegExp(`[${wordCharacters}]+|[^${wordCharacters}\\p{White_Space}]+`, 'gu');

/**
 * Runs of word characters, and runs of what is neither word character nor white space (`\w+|[^\w\s]+`).
 * In tokenizer.json: `{ "type": "Whitespace" }`.
 */
export const Whitespace: PreTokenizerDefinition<Record<never, never>> = definePreTokenizer({
  type: 'Whitespace',
  defaults: {},
  preTokenize: (text) => text.split(words, 'removed', { invert: true }),
});
