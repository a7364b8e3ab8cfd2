import type { Json } from '../component.ts';
import type { CharacterMap } from '../text/character-table.ts';
import { defineNormalizer, type Normalizer, type NormalizerDefinition } from './normalizer.ts';

/** The fields of a Sequence of normalizers. */
export interface NormalizerSequenceFields {
  normalizers: Json[];
}

/** Normalizers one after another. In tokenizer.json: `{ "type": "Sequence", "normalizers": [{ "type": "NFC" }, …] }`. */
export const NormalizerSequence: NormalizerDefinition<NormalizerSequenceFields> = defineNormalizer<NormalizerSequenceFields>({
  type: 'Sequence',
  defaults: { normalizers: [] },
  prepare: ({ normalizers }, read) => {
    const steps: Normalizer[] = normalizers.map((json, i) => read(json, `normalizers[${i}]`));
    const maps = steps.map((step) => step.characters);
    return {
      normalize: (text) => steps.reduce((current, step) => step.normalize(current), text),
      characters: maps.every((map) => map !== undefined) ? inTurn(maps) : undefined,
    };
  },
});

/** Maps one after another: each sees the characters that the one before it made of one. */
function inTurn(maps: readonly CharacterMap[]): CharacterMap {
  return (character) => {
    let current: string = character;
    for (const map of maps) {
      let next = '';
      for (const one of current) {
        const result = map(one);
        if (result === null) return null;
        next += result;
      }
      current = next;
    }
    return current;
  };
}
