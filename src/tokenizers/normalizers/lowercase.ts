import { defineNormalizer, type NormalizerDefinition } from './normalizer.ts';

/** Lower case, character by character. In tokenizer.json: `{ "type": "Lowercase" }`. */
export const Lowercase: NormalizerDefinition<Record<never, never>> = defineNormalizer({
  type: 'Lowercase',
  defaults: {},
  prepare: () => (text) => text.lowercase(),
});
