import { defineNormalizer, type NormalizerDefinition } from './normalizer.ts';

/** The fields of Strip. */
export interface StripFields {
  strip_left: boolean;
  strip_right: boolean;
}

/** Removes white space at the ends. In tokenizer.json: `{ "type": "Strip", "strip_left": true, "strip_right": true }`. */
export const Strip: NormalizerDefinition<StripFields> = defineNormalizer<StripFields>({
  type: 'Strip',
  defaults: { strip_left: true, strip_right: true },
  prepare:
    ({ strip_left, strip_right }) =>
    (text) =>
      text.strip(strip_left, strip_right),
});
