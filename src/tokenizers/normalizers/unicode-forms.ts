import { defineNormalizer, type NormalizerDefinition } from './normalizer.ts';

type NoFields = Record<never, never>;

/** Unicode's canonical composition. In tokenizer.json: `{ "type": "NFC" }`. */
export const NFC: NormalizerDefinition<NoFields> = defineNormalizer({
  type: 'NFC',
  defaults: {},
  prepare: () => (text) => text.toForm('NFC'),
});

/** Unicode's canonical decomposition. In tokenizer.json: `{ "type": "NFD" }`. */
export const NFD: NormalizerDefinition<NoFields> = defineNormalizer({
  type: 'NFD',
  defaults: {},
  prepare: () => (text) => text.toForm('NFD'),
});

/** Unicode's compatibility composition. In tokenizer.json: `{ "type": "NFKC" }`. */
export const NFKC: NormalizerDefinition<NoFields> = defineNormalizer({
  type: 'NFKC',
  defaults: {},
  prepare: () => (text) => text.toForm('NFKC'),
});

/** Unicode's compatibility decomposition. In tokenizer.json: `{ "type": "NFKD" }`. */
export const NFKD: NormalizerDefinition<NoFields> = defineNormalizer({
  type: 'NFKD',
  defaults: {},
  prepare: () => (text) => text.toForm('NFKD'),
});
