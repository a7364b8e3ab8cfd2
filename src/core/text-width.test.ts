import { expect, it } from 'vitest';
import { graphemesOf, textWidth } from './text-width.ts';

it('counts columns as terminals do', () => {
  const widths: readonly (readonly [string, number])[] = [
    ['', 0],
    ['loss 0.31', 9],
    ['긍정적인 리뷰', 13],
    ['긍정'.normalize('NFD'), 4],
    ['日本語、かな', 12],
    ['ﾊﾝｶｸ', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['नमस्ते', 4],
    ['👍', 2],
    ['👩‍👩‍👧', 2],
    ['👍🏽', 2],
    ['❤️', 2],
    ['1️⃣', 2],
    ['🇰🇷', 2],
    ['━━─', 3],
    ['\u001b[1m\u001b[38;5;208mred\u001b[0m', 3],
    ['a\tb\u0000', 2],
    ['\u200b\ufeff', 0],
    ['\uD83D', 0],
  ];
  for (const [text, width] of widths) expect(textWidth(text), JSON.stringify(text)).toBe(width);
});

it('takes texts apart where people see characters', () => {
  expect([...graphemesOf('👩‍👩‍👧e\u0301한')]).toEqual(['👩‍👩‍👧', 'e\u0301', '한']);
  expect([...graphemesOf('')]).toEqual([]);
});
