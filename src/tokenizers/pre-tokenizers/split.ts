import { compilePattern, type JsonPattern } from '../text/pattern.ts';
import { type JsonBehavior, readBehavior } from './behavior.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/** The fields of Split. */
export interface SplitFields {
  pattern: JsonPattern;
  behavior: JsonBehavior;
  /** Take what lies between the matches for the matches. */
  invert: boolean;
}

/** Splits at the matches of a pattern. In tokenizer.json: `{ "type": "Split", "pattern": { "Regex": "…" }, "behavior": "Isolated", "invert": false }`. */
export const Split: PreTokenizerDefinition<SplitFields> = definePreTokenizer<SplitFields>({
  type: 'Split',
  defaults: { pattern: { String: '' }, behavior: 'Removed', invert: false },
  check: ({ pattern, behavior }, where) => {
    compilePattern(pattern, where);
    readBehavior(behavior, where);
  },
  prepare: ({ pattern, behavior, invert }) => {
    const matches = compilePattern(pattern, 'Split');
    const how = readBehavior(behavior, 'Split');
    return (pieces) => pieces.split(matches, how, { invert });
  },
});
