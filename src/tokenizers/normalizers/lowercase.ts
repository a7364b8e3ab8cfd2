import { NormalizedString } from '../text/normalized-string.ts';
import { defineNormalizer, type NormalizerDefinition } from './normalizer.ts';

/** Lower case, character by character. In tokenizer.json: `{ "type": "Lowercase" }`. */
export const Lowercase: NormalizerDefinition<Record<never, never>> = defineNormalizer({
  type: 'Lowercase',
  defaults: {},
  prepare: () => ({
    normalize: (text) => text.lowercase(),
    characters: (character) => new NormalizedString(character).lowercase().text,
  }),
});
