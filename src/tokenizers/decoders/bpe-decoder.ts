import { type DecoderDefinition, defineDecoder } from './decoder.ts';

/** The fields of BPEDecoder. */
export interface BPEDecoderFields {
  /** What ends a token that ends a word. */
  suffix: string;
}

/** Puts a space after each token that ends a word. In tokenizer.json: `{ "type": "BPEDecoder", "suffix": "</w>" }`. */
export const BPEDecoder: DecoderDefinition<BPEDecoderFields> = defineDecoder<BPEDecoderFields>({
  type: 'BPEDecoder',
  defaults: { suffix: '</w>' },
  decode: (tokens, { suffix }) =>
    tokens.map((token, i) => token.replaceAll(suffix, () => (i === tokens.length - 1 ? '' : ' '))),
});
