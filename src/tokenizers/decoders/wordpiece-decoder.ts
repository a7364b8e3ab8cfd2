import { type DecoderDefinition, defineDecoder } from './decoder.ts';

/** The fields of the WordPiece decoder. */
export interface WordPieceDecoderFields {
  /** What marks a token that continues a word. */
  prefix: string;
  /** Take out the spaces before punctuation and English contractions. */
  cleanup: boolean;
}

/** Joins word pieces to words and words with spaces. In tokenizer.json: `{ "type": "WordPiece", "prefix": "##", "cleanup": true }`. */
export const WordPieceDecoder: DecoderDefinition<WordPieceDecoderFields> = defineDecoder<WordPieceDecoderFields>({
  type: 'WordPiece',
  defaults: { prefix: '##', cleanup: true },
  decode: (tokens, { prefix, cleanup }) =>
    tokens.map((token, i) => {
      const text = i === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      return cleanup ? cleanUp(text).replaceAll(' do not', " don't") : text;
    }),
});

const contractions: readonly (readonly [string, string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

/** Text without the spaces that tokenizing put before punctuation and English contractions. */
export function cleanUp(text: string): string {
  let clean = text;
  for (const [from, to] of contractions) clean = clean.replaceAll(from, to);
  return clean;
}
