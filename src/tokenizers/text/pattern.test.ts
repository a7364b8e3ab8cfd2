import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../../test/support/random-numbers.ts';
import { randomPattern } from '../../../test/support/random-pattern.ts';
import { type Expression, isNullable, partsOf, toJavaScript } from './expression.ts';
import { LinearMatcher } from './linear-matcher.ts';
import { longestQuickText } from './matching-cost.ts';
import { parseOniguruma } from './oniguruma.ts';
import { compilePattern } from './pattern.ts';

type Search = (text: string, see: (start: number, end: number) => void) => void;

/** What a search finds, cut from the text. */
function cuts(find: Search, text: string): string[] {
  const all: string[] = [];
  find(text, (start, end) => all.push(text.slice(start, end)));
  return all;
}

const found = (source: string, text: string) => cuts(compilePattern({ Regex: source }, 'test').find, text);
const linear = (source: string) => new LinearMatcher(parseOniguruma(source));
const cost = (source: string) => longestQuickText(parseOniguruma(source));

function hasEmptyLoop(expression: Expression): boolean {
  if (expression.kind === 'repeat' && expression.most > expression.least && isNullable(expression.item)) return true;
  return partsOf(expression).some(hasEmptyLoop);
}

const qwen2 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const gpt4o =
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

describe('what Oniguruma reads otherwise than JavaScript', () => {
  test.each<[source: string, text: string, matches: string[]]>([
    ['a++b', 'aab', ['aab']],
    ['a++ab', 'aab', []],
    ['(?>a|ab)c', 'abc', []],
    ['(?>x)(a)\\1', 'xaa', ['xaa']],
    ['(?<two>\\w)\\k<two>', 'aabbc', ['aa', 'bb']],
    ['^b|c$', 'a\nb\nac\n', ['b', 'c']],
    ['(?i)straSSe|k', 'STRASSE \u212a', ['STRASSE', '\u212a']],
    ['\\h+', 'xAf0g', ['Af0']],
    ['\\bka\\b', 'ka kat 가ka', ['ka']],
    ['a{,2}b', 'aaab', ['aab']],
    ['\\R', 'a\r\nb\n', ['\r\n', '\n']],
    ['(?:ab?){2}', 'aba', ['aba']],
    ['x*', 'axx', ['', 'xx']],
    ['.', 'é😀\n', ['é', '😀']],
  ])('%s in %j', (source, text, matches) => {
    expect(found(source, text)).toEqual(matches);
  });
});

describe('the search in linear time', () => {
  // Every kind but references, which are not searched in linear time.
  const parts = {
    leaves: ['a', 'b', '[ab]', '[^a]', '.', '\\w', 'c', 'é'],
    behind: ['a', '[ab]', 'ab', 'éb'],
    references: false,
  };

  test('gives the matches of a backtracking engine', () => {
    const random = randomNumbers(11);
    let matches = 0;
    for (let i = 0; i < 1500; i++) {
      const source = randomPattern(random, 3, parts);
      const expression = parseOniguruma(source);
      // A loop whose inside takes no characters ends otherwise in JavaScript.
      if (hasEmptyLoop(expression)) continue;
      const engine = new RegExp(toJavaScript(expression), 'gv');
      const ours = new LinearMatcher(expression);
      for (let k = 0; k < 4; k++) {
        const text = Array.from({ length: Math.floor(random() * 14) }, () => 'aabbcé\n'.charAt(Math.floor(random() * 7))).join(
          '',
        );
        const expected = Array.from(text.matchAll(engine), ([match]) => match);
        expect({ source, text, matches: cuts((whole, see) => ours.find(whole, see), text) }).toEqual({
          source,
          text,
          matches: expected,
        });
        matches += expected.length;
      }
    }
    expect(matches).toBeGreaterThan(3000);
  });

  test.each([
    '(a+)+b',
    '(a|a)*b',
    '(a|aa)+b',
    '(a*)*b',
    'a*a*a*a*a*b',
    '(?=(a+)+b)c',
    '(?>(a|a)*)b',
    '(\\w+\\s?)*!',
    'a+b',
    'a++b',
  ])('%s in a text that it nearly matches', { timeout: 60_000 }, (source) => {
    const text = 'a'.repeat(300_000);
    expect(found(source, text)).toEqual([]);
    expect(found(source.replaceAll('!', 'b'), `${text}b`).length).toBe(source.endsWith(')c') ? 0 : 1);
  });

  test.each([qwen2, gpt4o])('%s as JavaScript has it', (source) => {
    const text = "Hello  world's\n\n  HTTPServer 12345 한국어 e\u0301 😀!!\r\n\t x  ".repeat(40);
    const engine = new RegExp(toJavaScript(parseOniguruma(source)), 'gv');
    const expected = Array.from(text.matchAll(engine), ([match]) => match);
    expect(cuts((whole, see) => linear(source).find(whole, see), text)).toEqual(expected);
  });

  test('refuses what it cannot do', () => {
    expect(() => compilePattern({ Regex: '(a+)+\\1' }, 'tokenizer.json: pre_tokenizer')).toThrowErrorMatchingInlineSnapshot(
      `[UnsupportedError: tokenizer.json: pre_tokenizer: the regular expression "(a+)+\\\\1" cannot be read here: a reference to a group.]`,
    );
    expect(() => compilePattern({ Regex: '(?:a{1,1000}){1,1000}' }, 'p')).toThrowErrorMatchingInlineSnapshot(
      `[UnsupportedError: p: the regular expression "(?:a{1,1000}){1,1000}" cannot be read here: repetitions that make it too large.]`,
    );
  });
});

describe('what JavaScript’s engine can be trusted with', () => {
  test.each([
    'a',
    'ab|c',
    '\\s+',
    ' {2,}',
    '\\p{L}+|\\p{N}{1,3}',
    qwen2,
    "'s| ?\\p{L}+|\\s+(?!\\S)|\\s+",
    '(\\w)\\1{2,}',
    '\\bab\\b',
  ])('%s: texts of any length', (source) => expect(cost(source)).toBe(Infinity));
  test.each(['(a+)+b', '(a|a)*', '(?:a{1,30}){1,30}', '(\\w+\\s?)*'])('%s: none', (source) => expect(cost(source)).toBe(0));
  test.each(['a+b', 'a*a*b', '\\s+$', gpt4o, '(?:\\d{3})+(?!\\d)'])('%s: short ones', (source) => {
    expect(cost(source)).toBeGreaterThan(50);
    expect(cost(source)).toBeLessThan(10_000);
  });

  test.each([qwen2, '\\s+', '(\\w)\\1{2,}', "'s| ?\\p{L}+|\\s+(?!\\S)|\\s+"])(
    '%s is as quick as that',
    { timeout: 60_000 },
    (source) => {
      for (const unit of [' ', '\n', 'a', ' a', "'", '1', 'aA', '\t\n', '!']) {
        const text = unit.repeat(400_000);
        expect(found(source, text).join('').length).toBeLessThanOrEqual(text.length);
      }
    },
  );
});
