import { ConfigError, UnsupportedError } from '../../core/index.ts';
import { brief, isJsonObject } from '../component.ts';
import { fromOniguruma } from './oniguruma.ts';

/** A pattern as tokenizer.json has it: `{ "String": "…" }` or `{ "Regex": "…" }`. */
export type JsonPattern = { String: string } | { Regex: string };

/**
 * The regular expression (global, unicode) of a pattern. Hugging Face reads patterns with Oniguruma: `\w`, `\s` and the like
 * are Unicode-wide there, and so they are here.
 * @throws UnsupportedError for Oniguruma's syntax that JavaScript has no like of.
 */
export function compilePattern(pattern: JsonPattern, where: string): RegExp {
  if (isJsonObject(pattern) && typeof (pattern as { String?: unknown }).String === 'string') {
    return new RegExp(escapeRegExp((pattern as { String: string }).String), 'gu');
  }
  if (!isJsonObject(pattern) || typeof (pattern as { Regex?: unknown }).Regex !== 'string') {
    throw new ConfigError(`${where}: the pattern is ${brief(pattern)}; {"String": "..."} or {"Regex": "..."} is needed.`);
  }
  const source = (pattern as { Regex: string }).Regex;
  try {
    return new RegExp(fromOniguruma(source), 'gv');
  } catch (cause) {
    throw new UnsupportedError(
      `${where}: the regular expression ${brief(source)} cannot be read here: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
}

/** Text in which no character has a meaning in a regular expression. */
export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
