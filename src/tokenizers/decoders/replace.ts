import type { ReplaceFields } from '../normalizers/replace.ts';
import { compilePattern } from '../text/pattern.ts';
import { type DecoderDefinition, defineDecoder } from './decoder.ts';

/** Puts a text in place of each match of a pattern, token by token. In tokenizer.json: `{ "type": "Replace", "pattern": { "String": "▁" }, "content": " " }`. */
export const ReplaceDecoder: DecoderDefinition<ReplaceFields> = defineDecoder<ReplaceFields>({
  type: 'Replace',
  defaults: { pattern: { String: '' }, content: '' },
  check: ({ pattern }, where) => void compilePattern(pattern, where),
  prepare: ({ pattern, content }) => {
    const matches = compilePattern(pattern, 'Replace');
    return (tokens) =>
      tokens.map((token) => {
        let result = '';
        let last = 0;
        matches.find(token, (start, end) => {
          result += token.slice(last, start) + content;
          last = end;
        });
        return result + token.slice(last);
      });
  },
});
