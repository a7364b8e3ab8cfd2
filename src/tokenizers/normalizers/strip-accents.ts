import { combiningMarks } from '../text/characters.ts';
import { defineNormalizer, type NormalizerDefinition } from './normalizer.ts';

/**
 * Removes combining marks that stand as characters of their own; put NFD before it to take accents off letters.
 * In tokenizer.json: `{ "type": "StripAccents" }`.
 */
export const StripAccents: NormalizerDefinition<Record<never, never>> = defineNormalizer({
  type: 'StripAccents',
  defaults: {},
  prepare: () => ({
    normalize: (text) => text.remove(combiningMarks),
    characters: (character) => (combiningMarks.has(character.codePointAt(0)!) ? '' : character),
  }),
});
