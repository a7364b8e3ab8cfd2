import { ConfigError } from '../core/index.ts';
import { type AddedToken, addedToken } from './added-vocabulary.ts';
import { brief, isJsonObject, type JsonObject } from './component.ts';

/** The special tokens that have a name of their own, in the order Hugging Face writes them. */
export const specialTokenNames = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
] as const;

/** The name of a special token's role. */
export type SpecialTokenName = (typeof specialTokenNames)[number];

/** A special token in a file: its content, or an object with its flags too. */
export function readSpecialToken(value: unknown, where: string): AddedToken | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return addedToken(value, true);
  if (isJsonObject(value) && typeof value.content === 'string') {
    const flag = (name: string): boolean => value[name] === true;
    return {
      content: value.content,
      single_word: flag('single_word'),
      lstrip: flag('lstrip'),
      rstrip: flag('rstrip'),
      normalized: flag('normalized'),
      special: true,
    };
  }
  throw new ConfigError(`${where}: it is ${brief(value)}; a string, or an object with a content, is needed.`);
}

/** A special token as special_tokens_map.json has it. */
export function specialTokenToJSON(token: AddedToken): JsonObject {
  const { content, lstrip, normalized, rstrip, single_word } = token;
  return { content, lstrip, normalized, rstrip, single_word };
}
