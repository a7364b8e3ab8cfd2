import { ConfigError } from '../../core/index.ts';
import { brief } from '../component.ts';
import { chineseCharacters, nonspacingMarks, reorderedSpacing, uncleanCharacters, whiteSpace } from '../text/characters.ts';
import { matchesOf } from '../text/matches.ts';
import { NormalizedString } from '../text/normalized-string.ts';
import { defineNormalizer, type Normalize, type NormalizerDefinition } from './normalizer.ts';

/** The fields of BertNormalizer. */
export interface BertNormalizerFields {
  /** Remove control characters, turn all white space into spaces. */
  clean_text: boolean;
  /** Put spaces around Chinese characters. */
  handle_chinese_chars: boolean;
  /** Decompose and remove accents; null does so where `lowercase` is on. */
  strip_accents: boolean | null;
  lowercase: boolean;
}

/**
 * What BERT does to text before splitting it: cleaning, Chinese characters apart, accents off, lower case.
 * In tokenizer.json: `{ "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true }`.
 */
export const BertNormalizer: NormalizerDefinition<BertNormalizerFields> = defineNormalizer<BertNormalizerFields>({
  type: 'BertNormalizer',
  defaults: { clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  check: ({ strip_accents }, where) => {
    if (strip_accents !== null && typeof strip_accents !== 'boolean')
      throw new ConfigError(`${where}: strip_accents is ${brief(strip_accents)}; true, false or null is needed.`);
  },
  prepare: (fields) => {
    const general = stepByStep(fields);
    const decomposes = fields.strip_accents ?? fields.lowercase;
    // Neighbours have a say only where decomposition reorders marks that are kept.
    const characters = (character: string) =>
      decomposes && reorderedSpacing.has(character.codePointAt(0)!) ? null : general(new NormalizedString(character)).text;
    return { normalize: general, characters };
  },
});

/** The definition itself, pass after pass over the text. */
function stepByStep({ clean_text, handle_chinese_chars, strip_accents, lowercase }: BertNormalizerFields): Normalize {
  const spaces = new RegExp(`[${whiteSpace.pattern}]`, 'gu');
  const chinese = matchesOf(new RegExp(`[${chineseCharacters.pattern}]`, 'gu'));
  return (text) => {
    let current = text;
    if (clean_text) {
      current = current.remove(uncleanCharacters);
      if (whiteSpace.isIn(current.text)) current = current.withSameLengths(current.text.replace(spaces, ' '));
    }
    if (handle_chinese_chars && chineseCharacters.isIn(current.text)) {
      const before = current.text;
      current = current.rewrite(chinese, (start, end, put) => put(` ${before.slice(start, end)} `, start));
    }
    if (strip_accents ?? lowercase) current = current.toForm('NFD').remove(nonspacingMarks);
    return lowercase ? current.lowercase() : current;
  };
}
