import { bytesOfCharacters } from '../text/byte-characters.ts';
import { type DecoderDefinition, defineDecoder } from './decoder.ts';

/** The fields of the ByteLevel decoder: those of the pre-tokenizer, none of which changes what it does. */
export interface ByteLevelDecoderFields {
  add_prefix_space: boolean;
  trim_offsets: boolean;
  use_regex: boolean;
}

/** Reads characters that stand for bytes as UTF-8; what is none becomes U+FFFD. In tokenizer.json: `{ "type": "ByteLevel" }`. */
export const ByteLevelDecoder: DecoderDefinition<ByteLevelDecoderFields> = defineDecoder<ByteLevelDecoderFields>({
  type: 'ByteLevel',
  defaults: { add_prefix_space: true, trim_offsets: true, use_regex: true },
  decode: (tokens) => {
    const bytes: number[] = [];
    for (const token of tokens) {
      const before = bytes.length;
      for (let i = 0; i < token.length; i++) {
        const byte = bytesOfCharacters[token.charCodeAt(i)] ?? -1;
        if (byte < 0) {
          // A token with any other character is text as it stands.
          bytes.length = before;
          for (const one of encoder.encode(token)) bytes.push(one);
          break;
        }
        bytes.push(byte);
      }
    }
    return [decoder.decode(Uint8Array.from(bytes))];
  },
});

const encoder = /*@__PURE__*/ new TextEncoder();
const decoder = /*@__PURE__*/ new TextDecoder('utf-8', { ignoreBOM: true });
