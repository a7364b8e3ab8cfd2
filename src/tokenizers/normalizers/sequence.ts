import type { Json } from '../component.ts';
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
    return (text) => steps.reduce((current, step) => step.normalize(current), text);
  },
});
