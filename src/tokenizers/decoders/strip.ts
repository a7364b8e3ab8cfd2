import { ConfigError } from '../../core/index.ts';
import { brief } from '../component.ts';
import { type DecoderDefinition, defineDecoder } from './decoder.ts';

/** The fields of the Strip decoder. */
export interface StripDecoderFields {
  /** The character to take away. */
  content: string;
  /** How many of it at most at the beginning of each token. */
  start: number;
  /** How many at most at the end. */
  stop: number;
}

/** Takes a character off the ends of tokens. In tokenizer.json: `{ "type": "Strip", "content": " ", "start": 1, "stop": 0 }`. */
export const StripDecoder: DecoderDefinition<StripDecoderFields> = defineDecoder<StripDecoderFields>({
  type: 'Strip',
  defaults: { content: ' ', start: 0, stop: 0 },
  check: ({ content, start, stop }, where) => {
    if ([...content].length !== 1) throw new ConfigError(`${where}: content is ${brief(content)}; one character is needed.`);
    for (const [name, value] of Object.entries({ start, stop }))
      if (!Number.isSafeInteger(value) || value < 0)
        throw new ConfigError(`${where}: ${name} is ${value}; a whole number from 0 is needed.`);
  },
  decode: (tokens, { content, start, stop }) =>
    tokens.map((token) => {
      let from = 0;
      let to = token.length;
      for (let i = 0; i < start && token.startsWith(content, from); i++) from += content.length;
      for (let i = 0; i < stop && to - content.length >= from && token.endsWith(content, to); i++) to -= content.length;
      return token.slice(from, to);
    }),
});
