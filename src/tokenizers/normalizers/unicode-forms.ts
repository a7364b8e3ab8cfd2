import type { CharacterMap } from '../text/character-table.ts';
import { type NormalizationForm, normalized } from '../text/normalization.ts';
import { defineNormalizer, type Normalize, type NormalizerDefinition } from './normalizer.ts';

type NoFields = Record<never, never>;

/** Unicode's canonical composition. In tokenizer.json: `{ "type": "NFC" }`. */
export const NFC: NormalizerDefinition<NoFields> = defineNormalizer({
  type: 'NFC',
  defaults: {},
  prepare: () => inForm('NFC'),
});

/** Unicode's canonical decomposition. In tokenizer.json: `{ "type": "NFD" }`. */
export const NFD: NormalizerDefinition<NoFields> = defineNormalizer({
  type: 'NFD',
  defaults: {},
  prepare: () => inForm('NFD'),
});

/** Unicode's compatibility composition. In tokenizer.json: `{ "type": "NFKC" }`. */
export const NFKC: NormalizerDefinition<NoFields> = defineNormalizer({
  type: 'NFKC',
  defaults: {},
  prepare: () => inForm('NFKC'),
});

/** Unicode's compatibility decomposition. In tokenizer.json: `{ "type": "NFKD" }`. */
export const NFKD: NormalizerDefinition<NoFields> = defineNormalizer({
  type: 'NFKD',
  defaults: {},
  prepare: () => inForm('NFKD'),
});

/** What may join with, or move past, the character before it: marks, and the Hangul letters that end a syllable. */
const joins = /^[\p{M}\u1160-\u11ff\ud7b0-\ud7fb]/u;

function inForm(form: NormalizationForm): { normalize: Normalize; characters: CharacterMap } {
  const apart = form.includes('K') ? 'NFKD' : 'NFD';
  return {
    normalize: (text) => text.toForm(form),
    characters: (character) => (joins.test(normalized(character, apart)) ? null : normalized(character, form)),
  };
}
