import type { Encoding } from '../encoding.ts';
import { byteCharacters } from '../text/byte-characters.ts';
import { whiteSpace } from '../text/characters.ts';
import { definePostProcessor, type PostProcessorDefinition } from './post-processor.ts';

/** The fields of the ByteLevel post-processor. */
export interface ByteLevelProcessingFields {
  /** Whether the pre-tokenizer puts a space in front; the first token then has none of its own to leave out. */
  add_prefix_space: boolean;
  /** Leave the white space of tokens out of their offsets. */
  trim_offsets: boolean;
  /** Only the pre-tokenizer heeds it. */
  use_regex: boolean;
}

/** Leaves the white space of byte-level tokens out of their offsets. In tokenizer.json: `{ "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true }`. */
export const ByteLevelProcessing: PostProcessorDefinition<ByteLevelProcessingFields> =
  definePostProcessor<ByteLevelProcessingFields>({
    type: 'ByteLevel',
    defaults: { add_prefix_space: true, trim_offsets: true, use_regex: true },
    prepare: ({ add_prefix_space, trim_offsets }) => ({
      added_tokens: () => 0,
      processParts: (encodings) =>
        encodings.map((encoding, i) => (trim_offsets ? withoutWhiteSpace(encoding, add_prefix_space) : encoding).asSequence(i)),
    }),
  });

const byteSpace = /*@__PURE__*/ byteCharacters[0x20]!.charCodeAt(0);

/** An encoding whose offsets leave out the white space at the ends of its tokens, also in its overflow. */
export function withoutWhiteSpace(encoding: Encoding, addPrefixSpace: boolean): Encoding {
  return encoding.withTrimmedOffsets((token, i, start) => {
    const isSpace = (at: number) => token.charCodeAt(at) === byteSpace || whiteSpace.low[token.charCodeAt(at)] === 1;
    let leading = 0;
    let trailing = 0;
    while (leading < token.length && isSpace(leading)) leading++;
    while (trailing < token.length && isSpace(token.length - 1 - trailing)) trailing++;
    // The space that was put in front is none of the text's.
    if (leading > 0 && addPrefixSpace && (i === 0 || start === 0)) leading--;
    return [leading, trailing];
  });
}
