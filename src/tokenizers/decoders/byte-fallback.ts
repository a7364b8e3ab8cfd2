import { type DecoderDefinition, defineDecoder } from './decoder.ts';

const byteToken = /^<0x(\+?[0-9a-f]{1,2})>$/i;

/**
 * Reads runs of tokens such as `<0xEA>` as UTF-8; a run that is none gives one U+FFFD for each token.
 * In tokenizer.json: `{ "type": "ByteFallback" }`.
 */
export const ByteFallback: DecoderDefinition<Record<never, never>> = defineDecoder({
  type: 'ByteFallback',
  defaults: {},
  decode: (tokens) => {
    const result: string[] = [];
    let bytes: number[] = [];
    const flush = () => {
      if (bytes.length === 0) return;
      try {
        result.push(decoder.decode(Uint8Array.from(bytes)));
      } catch {
        for (let i = 0; i < bytes.length; i++) result.push('\ufffd');
      }
      bytes = [];
    };
    for (const token of tokens) {
      const digits = token.length === 6 ? byteToken.exec(token)?.[1] : undefined;
      if (digits !== undefined) bytes.push(Number.parseInt(digits, 16));
      else {
        flush();
        result.push(token);
      }
    }
    flush();
    return result;
  },
});

const decoder = /*@__PURE__*/ new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
