import { ConfigError, UnsupportedError } from '../../core/index.ts';
import { brief, isJsonObject } from '../component.ts';

/** A pattern as tokenizer.json has it: `{ "String": "…" }` or `{ "Regex": "…" }`. */
export type JsonPattern = { String: string } | { Regex: string };

/**
 * The regular expression (global, unicode) of a pattern. Hugging Face reads patterns with Oniguruma: `\w`, `\s` and the like
 * are Unicode-wide there, so they are here.
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
    return new RegExp(translate(source), 'gu');
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

const classes: Record<string, [inside: string, outside: string]> = {
  w: ['\\p{L}\\p{M}\\p{N}\\p{Pc}', '[\\p{L}\\p{M}\\p{N}\\p{Pc}]'],
  W: ['', '[^\\p{L}\\p{M}\\p{N}\\p{Pc}]'],
  d: ['\\p{Nd}', '\\p{Nd}'],
  D: ['\\P{Nd}', '\\P{Nd}'],
  s: ['\\p{White_Space}', '\\p{White_Space}'],
  S: ['\\P{White_Space}', '\\P{White_Space}'],
  h: ['0-9a-fA-F', '[0-9a-fA-F]'],
  A: ['', '(?<![^])'],
  z: ['', '(?![^])'],
};

/** Oniguruma's syntax as JavaScript's, where they differ in a way that tokenizer files show. */
function translate(source: string): string {
  let result = '';
  let inClass = 0;
  for (let i = 0; i < source.length; i++) {
    const c = source[i]!;
    if (c === '\\' && i + 1 < source.length) {
      const next = source[++i]!;
      const replacement = classes[next];
      if (replacement !== undefined) {
        const text = replacement[inClass > 0 ? 0 : 1];
        if (text === '') throw new SyntaxError(`\\${next} inside [...]`);
        result += text;
      } else if (/[ '"#%&,:;<=>@_`~!-]/.test(next)) {
        // The flag u allows no needless backslash, except for the hyphen inside a class.
        result += next === '-' && inClass > 0 ? '\\-' : next;
      } else result += c + next;
      continue;
    }
    if (c === '[') {
      if (inClass > 0) throw new SyntaxError('a class inside a class');
      inClass++;
    } else if (c === ']' && inClass > 0) inClass--;
    else if (c === '(' && source.startsWith('(?i:', i)) throw new SyntaxError('the group (?i:...)');
    result += c;
  }
  return result;
}
