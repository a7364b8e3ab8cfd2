import { defineNormalizer, type NormalizerDefinition } from './normalizer.ts';

/** The fields of Prepend. */
export interface PrependFields {
  prepend: string;
}

/** Puts a text in front of any text that is not empty. In tokenizer.json: `{ "type": "Prepend", "prepend": "▁" }`. */
export const Prepend: NormalizerDefinition<PrependFields> = defineNormalizer<PrependFields>({
  type: 'Prepend',
  defaults: { prepend: '' },
  prepare:
    ({ prepend }) =>
    (text) =>
      text.text === '' ? text : text.insert(prepend, [0]),
});
