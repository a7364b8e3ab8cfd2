import { defineNormalizer, type NormalizerDefinition } from './normalizer.ts';

/** Spells text as the bytes of its UTF-8 form, each byte a printable character. In tokenizer.json: `{ "type": "ByteLevel" }`. */
export const ByteLevelNormalizer: NormalizerDefinition<Record<never, never>> = defineNormalizer({
  type: 'ByteLevel',
  defaults: {},
  prepare: () => (text) => text.toBytes(),
});
