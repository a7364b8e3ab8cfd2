import { type DecoderDefinition, defineDecoder } from './decoder.ts';
import { cleanUp } from './wordpiece-decoder.ts';

/** The fields of CTC. */
export interface CTCFields {
  /** The token that separates equal ones. */
  pad_token: string;
  /** The token that stands for a space. */
  word_delimiter_token: string;
  /** Take out the spaces before punctuation and English contractions, and make spaces of the delimiters. */
  cleanup: boolean;
}

/**
 * Text of frames: of equal tokens in a row one is kept, then the blank ones go.
 * In tokenizer.json: `{ "type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": true }`.
 * Source: Graves et al., 2006, "Connectionist temporal classification".
 */
export const CTC: DecoderDefinition<CTCFields> = defineDecoder<CTCFields>({
  type: 'CTC',
  defaults: { pad_token: '<pad>', word_delimiter_token: '|', cleanup: true },
  decode: (tokens, { pad_token, word_delimiter_token, cleanup }) =>
    tokens
      .filter((token, i) => i === 0 || token !== tokens[i - 1])
      .map((token) => {
        const text = token.replaceAll(pad_token, '');
        return cleanup ? wordPieceCleanUp(text).replaceAll(word_delimiter_token, ' ') : text;
      })
      .filter((text) => text !== ''),
});

function wordPieceCleanUp(text: string): string {
  return cleanUp(text).replaceAll(' do not', " don't");
}
