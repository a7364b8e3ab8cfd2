import { expect, it } from 'vitest';
import { textWidth } from '../core/index.ts';
import { padEnd, padStart, truncate, wrap } from './text.ts';

it('counts wide characters twice and colour codes not at all', () => {
  expect(textWidth('loss')).toBe(4);
  expect(textWidth('긍정')).toBe(4);
  expect(textWidth('\x1b[31mred\x1b[39m')).toBe(3);
  expect(textWidth('👩‍👩‍👧')).toBe(2);
});

it('cuts between characters, never inside one', () => {
  expect(truncate('긍정적인 리뷰', 20)).toBe('긍정적인 리뷰');
  expect(truncate('긍정적인 리뷰', 8)).toBe('긍정적…');
  expect(truncate('긍정적인 리뷰', 6)).toBe('긍정…');
  expect(truncate('abcdef', 3)).toBe('ab…');
  expect(truncate('abcdef', 0)).toBe('');
  expect(truncate('👩‍👩‍👧👩‍👩‍👧', 3)).toBe('👩‍👩‍👧…');
});

it('pads by width', () => {
  expect(padEnd('긍정', 6)).toBe('긍정  ');
  expect(padStart('긍정', 6)).toBe('  긍정');
  expect(padEnd('long', 2)).toBe('long');
});

it('wraps at spaces, and inside a word only where it must', () => {
  expect(wrap('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
  expect(wrap('a veryverylongword b', 6)).toEqual(['a', 'veryve', 'rylong', 'word b']);
  expect(wrap('one\n\ntwo', 10)).toEqual(['one', '', 'two']);
  expect(wrap('이 강의 진짜 도움', 8)).toEqual(['이 강의', '진짜', '도움']);
});
