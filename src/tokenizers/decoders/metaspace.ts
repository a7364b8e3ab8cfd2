import { checkMetaspace, type MetaspaceFields, metaspaceDefaults, schemeOf } from '../pre-tokenizers/metaspace.ts';
import { type DecoderDefinition, defineDecoder } from './decoder.ts';

/** Makes spaces of the marks for them; those of the first token go. In tokenizer.json: `{ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true }`. */
export const MetaspaceDecoder: DecoderDefinition<MetaspaceFields> = defineDecoder<MetaspaceFields>({
  type: 'Metaspace',
  defaults: metaspaceDefaults,
  check: checkMetaspace,
  decode: (tokens, fields) =>
    tokens.map((token, i) => token.replaceAll(fields.replacement, i === 0 && schemeOf(fields) !== 'never' ? '' : ' ')),
});
