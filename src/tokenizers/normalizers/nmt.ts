import { CharacterClass } from '../text/characters.ts';
import { defineNormalizer, type NormalizerDefinition } from './normalizer.ts';

const removed = /*@__PURE__*/ new CharacterClass('1-8 b e-1f 7f 8f 9f');
const spaces = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g;

/** Removes control characters and makes spaces of others, as SentencePiece does for machine translation. In tokenizer.json: `{ "type": "Nmt" }`. */
export const Nmt: NormalizerDefinition<Record<never, never>> = defineNormalizer({
  type: 'Nmt',
  defaults: {},
  prepare: () => ({
    normalize: (text) => {
      const kept = text.remove(removed);
      return kept.withSameLengths(kept.text.replace(spaces, ' '));
    },
    characters: (character) => (removed.has(character.codePointAt(0)!) ? '' : character.replace(spaces, ' ')),
  }),
});
