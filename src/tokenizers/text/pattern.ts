import { ConfigError, UnsupportedError } from '../../core/index.ts';
import { brief, isJsonObject } from '../component.ts';
import { type Expression, toJavaScript } from './expression.ts';
import { LinearMatcher } from './linear-matcher.ts';
import { matchesOf, type Pattern } from './matches.ts';
import { longestQuickText } from './matching-cost.ts';
import { parseOniguruma } from './oniguruma.ts';

/** A pattern as tokenizer.json has it: `{ "String": "…" }` or `{ "Regex": "…" }`. */
export type JsonPattern = { String: string } | { Regex: string };

/**
 * What a pattern finds: a literal, or a regular expression. Hugging Face reads these with Oniguruma: `\w`, `\s` and the like
 * are Unicode-wide there, and so they are here. An empty match right behind another counts for none, and the empty literal
 * matches nothing, as in Hugging Face's library. No text makes a search hang: where JavaScript's own engine could take more
 * steps than grow with a text's length, a slower search that cannot does the work.
 * @throws UnsupportedError for Oniguruma's syntax that there is no like of here.
 */
export function compilePattern(pattern: JsonPattern, where: string): Pattern {
  if (isJsonObject(pattern) && typeof (pattern as { String?: unknown }).String === 'string') {
    return literalPattern((pattern as { String: string }).String);
  }
  if (!isJsonObject(pattern) || typeof (pattern as { Regex?: unknown }).Regex !== 'string') {
    throw new ConfigError(`${where}: the pattern is ${brief(pattern)}; {"String": "..."} or {"Regex": "..."} is needed.`);
  }
  const source = (pattern as { Regex: string }).Regex;
  try {
    return expressionPattern(parseOniguruma(source));
  } catch (cause) {
    throw new UnsupportedError(
      `${where}: the regular expression ${brief(source)} cannot be read here: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

function literalPattern(literal: string): Pattern {
  return {
    find: (text, see) => {
      if (literal === '') return;
      for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + literal.length)) {
        see(at, at + literal.length);
      }
    },
  };
}

/** A loop over a longer text may overflow the stack on which JavaScript's engine keeps the ways it has not tried. */
const engineLimit = 1 << 20;

function expressionPattern(expression: Expression): Pattern {
  const quick = matchesOf(new RegExp(toJavaScript(expression), 'gv'));
  // The engine says only when it first searches that an expression is too large.
  quick.find('', () => {});
  const longest = Math.min(longestQuickText(expression), engineLimit);
  // Made at once where it may be needed soon, so that what it cannot do is said where the tokenizer is loaded.
  let linear = longest < engineLimit ? new LinearMatcher(expression) : undefined;
  return {
    find: (text, see) => {
      let last = -1;
      if (text.length > longest) linear ??= new LinearMatcher(expression);
      (text.length > longest ? linear! : quick).find(text, (start, end) => {
        if (start < end || start !== last) see(start, end);
        last = end;
      });
    },
  };
}

/** Text in which no character has a meaning in a regular expression. */
export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
