import { expect, test } from 'vitest';
import { unitsOfText } from '../text/unit-text.ts';
import { TextList } from './text-list.ts';
import { TokenTable } from './token-table.ts';
import { TokenTrie } from './token-trie.ts';

test('a trie of a vocabulary finds each of its tokens, however many begin alike', () => {
  // More single letters than the first lists hold, and longer tokens that a text brings in later.
  const tokens: string[] = [];
  for (let i = 0; i < 3000; i++) tokens.push(String.fromCharCode(0x4e00 + i), `##${String.fromCharCode(0x4e00 + i)}x`);
  for (let i = 0; i < 3000; i++) tokens.push(`a${String.fromCharCode(0x4e00 + i)}bc`);
  const texts = TextList.of(tokens);
  const all = new TokenTrie({ texts, idAt: (place) => place });
  const continuing = new TokenTrie({ texts, idAt: (place) => place, prefix: '##' });
  for (const [id, token] of tokens.entries()) {
    const units = unitsOfText(`${token}?`);
    expect(all.longest(units, 0, units.length)).toBe(id);
    expect(all.end).toBe(token.length);
    if (!token.startsWith('##')) continue;
    expect(continuing.longest(units, 2, units.length)).toBe(id);
    expect(continuing.prefixes(units, 2, units.length)).toBe(1);
  }
  expect(continuing.longest(unitsOfText('a'), 0, 1)).toBe(-1);
});

test('a table of tokens finds what a map finds, and all beginnings of a text', () => {
  const tokens = ['a', 'ab', 'abc', '', 'abcd'.repeat(10), '가', '가나', '😀', '😀b', 'x'.repeat(33)];
  const table = TokenTable.of(new Map(tokens.map((token, i) => [token, 7 * i])));
  for (const [i, token] of tokens.entries()) {
    expect(table.idOf(token)).toBe(7 * i);
    expect(table.tokenOf(7 * i)).toBe(token);
  }
  for (const other of ['b', 'abcde', '나', '\ud83d']) expect(table.idOf(other)).toBeUndefined();
  expect(table.tokenOf(3)).toBeUndefined();
  const pieces = new TokenTable(TextList.of(tokens), null);
  for (const text of ['abcabc', 'abcd'.repeat(11), '가나다', '😀bc', 'x'.repeat(40), 'q', 'ab']) {
    const units = unitsOfText(text);
    const count = pieces.prefixes(units, 0, units.length);
    const expected = tokens.filter((token) => token !== '' && text.startsWith(token)).sort((a, b) => a.length - b.length);
    expect(Array.from(pieces.found.subarray(0, count), (id) => tokens[id])).toEqual(expected);
    expect(Array.from(pieces.ends.subarray(0, count))).toEqual(expected.map((token) => token.length));
  }
});
