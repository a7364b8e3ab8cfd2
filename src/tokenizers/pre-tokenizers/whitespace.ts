import { whiteSpace, wordCharacters } from '../text/characters.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

let words: RegExp | undefined;

/**
 * Runs of word characters, and runs of what is neither word character nor white space (`\w+|[^\w\s]+`).
 * In tokenizer.json: `{ "type": "Whitespace" }`.
 */
export const Whitespace: PreTokenizerDefinition<Record<never, never>> = definePreTokenizer({
  type: 'Whitespace',
  defaults: {},
  preTokenize: (text) => {
    words ??= new RegExp(`[${wordCharacters.pattern}]+|[^${wordCharacters.pattern}${whiteSpace.pattern}]+`, 'gu');
    return text.split(words, 'removed', { invert: true });
  },
});
