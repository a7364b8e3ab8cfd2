import { compilePattern, type JsonPattern } from '../text/pattern.ts';
import { defineNormalizer, type NormalizerDefinition } from './normalizer.ts';

/** The fields of Replace. */
export interface ReplaceFields {
  pattern: JsonPattern;
  content: string;
}

/**
 * Puts a text in place of each match of a pattern.
 * In tokenizer.json: `{ "type": "Replace", "pattern": { "String": " " }, "content": "▁" }`, or `{ "Regex": " {2,}" }`.
 */
export const Replace: NormalizerDefinition<ReplaceFields> = defineNormalizer<ReplaceFields>({
  type: 'Replace',
  defaults: { pattern: { String: '' }, content: '' },
  check: ({ pattern }, where) => void compilePattern(pattern, where),
  prepare: ({ pattern, content }) => {
    const matches = compilePattern(pattern, 'Replace');
    return (text) => text.replace(matches, content);
  },
});
