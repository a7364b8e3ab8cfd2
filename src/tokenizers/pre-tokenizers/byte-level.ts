import { cutLikeGpt2, splitLikeGpt2 } from './gpt2-split.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/** The fields of ByteLevel. */
export interface ByteLevelFields {
  /** Put a space in front of a text that does not begin with one, so that its first word is like any other. */
  add_prefix_space: boolean;
  /** Leave white space out of offsets. Only the post-processor heeds it. */
  trim_offsets: boolean;
  /** Split like GPT-2: contractions, words, numbers and other runs, each with a space before it, and white space. */
  use_regex: boolean;
}

/**
 * GPT-2's pieces, to be read as the bytes of their UTF-8 form.
 * In tokenizer.json: `{ "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true }`.
 */
export const ByteLevel: PreTokenizerDefinition<ByteLevelFields> = definePreTokenizer<ByteLevelFields>({
  type: 'ByteLevel',
  defaults: { add_prefix_space: true, trim_offsets: true, use_regex: true },
  prepare: ({ add_prefix_space, use_regex }) => ({
    preTokenize: (pieces) => {
      let current = pieces.spelled();
      const { text } = current.source;
      if (add_prefix_space) current = current.prepend(' ', (start) => text[start] !== ' ');
      if (use_regex) current = splitLikeGpt2(current);
      return current.asBytes();
    },
    cut: (text) => {
      text.spell();
      if (add_prefix_space) text.prepend(space, (from) => text.units[from] !== space);
      if (use_regex) cutLikeGpt2(text);
      text.areBytes = true;
    },
  }),
});

const space = 0x20;
