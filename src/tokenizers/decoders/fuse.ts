import { type DecoderDefinition, defineDecoder } from './decoder.ts';

/** Joins all tokens to one, for the decoders after it. In tokenizer.json: `{ "type": "Fuse" }`. */
export const Fuse: DecoderDefinition<Record<never, never>> = defineDecoder({
  type: 'Fuse',
  defaults: {},
  decode: (tokens) => [tokens.join('')],
});
