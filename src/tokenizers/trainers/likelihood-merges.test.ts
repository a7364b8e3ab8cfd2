import { expect, test } from 'vitest';
import { seedKey, threefry } from '../../core/index.ts';
import { mergeByLikelihood } from './likelihood-merges.ts';
import { startOf } from './merge-start.ts';
import type { Merge } from './pair-merges.ts';

const alphabet = { special_tokens: [], limit_alphabet: undefined, initial_alphabet: [], end_of_word_suffix: '' };

/** As Hugging Face's course writes it: every score anew before each merge. */
function slowly(words: ReadonlyMap<string, number>, vocab_size: number, min_frequency: number): [string, string, number][] {
  const { tokens } = startOf(words, { ...alphabet, continuing_subword_prefix: '##' });
  const splits = new Map([...words.keys()].map((word) => [word, [...word].map((c, i) => (i === 0 ? c : `##${c}`))]));
  const merges: [string, string, number][] = [];
  while (tokens.length < vocab_size) {
    const single = new Map<string, number>();
    const pairs = new Map<string, { a: string; b: string; count: number }>();
    for (const [word, split] of splits) {
      for (const [i, token] of split.entries()) {
        single.set(token, (single.get(token) ?? 0) + words.get(word)!);
        if (i === 0) continue;
        const [a, b] = [split[i - 1]!, token];
        const pair = pairs.get(`${a} ${b}`) ?? { a, b, count: 0 };
        pair.count += words.get(word)!;
        pairs.set(`${a} ${b}`, pair);
      }
    }
    const ranked = [...pairs.values()]
      .filter(({ count }) => count >= Math.max(1, min_frequency))
      .map(({ a, b, count }) => ({ a, b, count, score: count / (single.get(a)! * single.get(b)!) }))
      .sort(
        (x, y) =>
          y.score - x.score ||
          y.count - x.count ||
          tokens.indexOf(x.a) - tokens.indexOf(y.a) ||
          tokens.indexOf(x.b) - tokens.indexOf(y.b),
      );
    const [best] = ranked;
    if (best === undefined) break;
    const token = best.a + best.b.slice(2);
    if (!tokens.includes(token)) tokens.push(token);
    merges.push([best.a, best.b, best.score]);
    for (const [word, split] of splits) {
      const next: string[] = [];
      for (let i = 0; i < split.length; i++) {
        if (split[i] === best.a && split[i + 1] === best.b) {
          next.push(token);
          i++;
        } else next.push(split[i]!);
      }
      splits.set(word, next);
    }
  }
  return merges;
}

function quickly(words: ReadonlyMap<string, number>, vocab_size: number, min_frequency: number): [string, string, number][] {
  const start = startOf(words, { ...alphabet, continuing_subword_prefix: '##' });
  return [...mergeByLikelihood(start, { vocab_size, min_frequency, prefix: '##' })]
    .map(({ merge }) => merge)
    .filter((merge): merge is Merge => merge !== undefined)
    .map(({ first, second, score }) => [start.tokens[first]!, start.tokens[second]!, score]);
}

test("the example of Hugging Face's course", () => {
  const words = new Map([
    ['hug', 10],
    ['pug', 5],
    ['pun', 12],
    ['bun', 4],
    ['hugs', 5],
  ]);
  // Worked out there: ##g ##s at 1/20 first; then all pairs are equal, of which ours takes the most frequent.
  expect(quickly(words, 14, 0)).toEqual([
    ['##g', '##s', 5 / (20 * 5)],
    ['p', '##u', 17 / (17 * 36)],
    ['h', '##u', 15 / (15 * 19)],
  ]);
});

test.each([0, 1, 2, 3, 4, 5])('seeded words, each score kept up to date as if counted anew: %i', (seed) => {
  let drawn = 0;
  const random = () => threefry(seedKey(seed), 0, drawn++)[0] / 2 ** 32;
  const letters = 'abcde가나';
  const words = new Map<string, number>();
  for (let i = 0; i < 40; i++) {
    const length = 1 + Math.floor(random() * 7);
    const word = Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('');
    words.set(word, 1 + Math.floor(random() * 20));
  }
  const expected = slowly(words, 90, seed);
  expect(expected.length).toBeGreaterThan(20);
  expect(quickly(words, 90, seed)).toEqual(expected);
});
