import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { seedKey, threefry } from '../../core/index.ts';
import { frequentSubstrings } from './frequent-substrings.ts';
import { PieceLattice } from './piece-lattice.ts';
import { estimatePieces, finishPieces, type ScoredPiece } from './unigram-pieces.ts';

interface Run {
  kind: string;
  name: string;
  split: string;
  options: {
    vocab_size: number;
    shrinking_factor?: number;
    n_sub_iterations?: number;
    max_piece_length?: number;
    initial_alphabet?: string[];
  };
  vocab: ScoredPiece[];
}

const path = new URL('../../../test/golden/tokenizers/training.json', import.meta.url);
const golden = JSON.parse(readFileSync(path, 'utf8')) as { words: Record<string, [string, number][]>; runs: Run[] };

function result<T>(generator: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = generator.next();
    if (done) return value;
  }
}

function randomWords(seed: number, letters: string, count: number): string[] {
  let drawn = 0;
  const random = () => threefry(seedKey(seed), 0, drawn++)[0] / 2 ** 32;
  const pick = () => [...letters][Math.floor(random() * [...letters].length)];
  return Array.from({ length: count }, () => Array.from({ length: 1 + Math.floor(random() * 9) }, pick).join(''));
}

describe('frequent substrings', () => {
  test.each([
    ['ab', 4],
    ['abc가😀', 4],
    ['abcdefgh', 16],
    ['a', 3],
  ])('of %j, as counting them all finds them', (letters, maxLength) => {
    const words = [...new Set(randomWords(letters.length, letters, 60))];
    const counts = new Map<string, number>();
    const next = new Map<string, Set<string>>();
    for (const word of words) {
      const characters = [...word, '\0'];
      for (let i = 0; i + 1 < characters.length; i++) {
        for (let j = i + 2; j < characters.length; j++) {
          const text = characters.slice(i, j).join('');
          counts.set(text, (counts.get(text) ?? 0) + 1);
          next.set(text, (next.get(text) ?? new Set()).add(characters[j]!));
        }
      }
    }
    // A node of the suffix tree: different characters follow it.
    const expected = [...counts].filter(([text, n]) => n > 1 && [...text].length <= maxLength && next.get(text)!.size > 1);
    const found = result(frequentSubstrings(words, maxLength, 1e6));
    expect(new Map(found.map(({ text, count }) => [text, count]))).toEqual(new Map(expected));
    const weights = found.map(({ text, count }) => count * [...text].length);
    expect(weights).toEqual(weights.toSorted((a, b) => b - a));
    expect(result(frequentSubstrings(words, maxLength, 3))).toEqual(found.slice(0, 3));
  });

  test('of nothing there are none', () => {
    expect(result(frequentSubstrings([], 4, 10))).toEqual([]);
    expect(result(frequentSubstrings(['a', 'b'], 4, 10))).toEqual([]);
  });
});

/** Every way to cut a word into pieces; a character that is no piece is 0, at a score of its own. */
function cuts(word: string, pieces: readonly string[]): number[][] {
  if (word === '') return [[]];
  const [first] = word;
  const starting = pieces.flatMap((piece, i) => (i > 0 && word.startsWith(piece) ? [i] : []));
  if (!pieces.includes(first!)) starting.push(0);
  return starting.flatMap((piece) =>
    cuts(word.slice(piece === 0 ? first!.length : pieces[piece]!.length), pieces).map((rest) => [piece, ...rest]),
  );
}

test('sums over all cuts and the best cut, as writing them all out gives', () => {
  const pieces = ['', 'a', 'b', 'ab', 'ba', 'aba', 'abab', '가', '가a', '😀b'];
  const scores = Float64Array.from([Number.NaN, -2, -2.5, -3, -3.25, -4, -5.5, -2.2, -4, -3]);
  const lattice = new PieceLattice();
  const nodes = pieces.map((piece) => lattice.add(piece));
  lattice.choose(nodes, scores);
  const scoreOf = (piece: number) => (piece === 0 ? -5.5 - 10 : scores[piece]!);
  const sum = (cut: readonly number[]) => cut.reduce((total, piece) => total + scoreOf(piece), 0);
  for (const word of [...randomWords(7, 'ab가😀c', 60), 'ababababab', '가', '😀', 'c']) {
    const all = cuts(word, pieces);
    const whole = all.reduce((total, cut) => total + Math.exp(sum(cut)), 0);
    const expected = new Float64Array(pieces.length);
    for (const cut of all) for (const piece of cut) expected[piece]! += (3 * Math.exp(sum(cut))) / whole;
    const found = new Float64Array(pieces.length);
    lattice.expect(word, 3, found);
    for (const [piece, value] of expected.entries()) expect(found[piece]).toBeCloseTo(value, 10);

    const best = lattice.bestCut(word);
    expect(sum(best)).toBeCloseTo(Math.max(...all.map(sum)), 10);
    const without = all.filter((cut) => !cut.includes(3)).map(sum);
    const second = lattice.bestCut(word, 3);
    expect(second).not.toContain(3);
    if (without.length > 0 && second.length > 0) expect(sum(second)).toBeCloseTo(Math.max(...without), 10);
  }
  expect(lattice.bestCut('')).toEqual([]);
  expect(lattice.bestCut('a', 1)).toEqual([]);
});

describe('pieces like those of the Rust library', () => {
  const special = ['<unk>', '<pad>', '[UNK]'];

  test.each(golden.runs.filter(({ kind }) => kind === 'Unigram'))('$name', ({ split, options, vocab }) => {
    const words = new Map(golden.words[split]);
    const defaults = { shrinking_factor: 0.75, n_sub_iterations: 2, max_piece_length: 16, seed_size: 1e6 };
    const theirs = new Map(vocab.filter(([piece]) => !special.includes(piece)));
    const characters = [...new Set([...words.keys(), ...(options.initial_alphabet ?? [])].flatMap((word) => [...word]))];
    const estimated = result(estimatePieces(words, { ...defaults, ...options }));
    const ours = new Map(finishPieces(estimated, characters, theirs.size));
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
    const known = new Set(estimated.map(([piece]) => piece));
    for (const piece of known) if (ours.has(piece)) expect(ours.get(piece)).toBeCloseTo(theirs.get(piece)!, 8);
    // Characters that are no piece get falling penalties, there in the random order of a hash set.
    const penalties = (pieces: ReadonlyMap<string, number>) =>
      [...pieces].flatMap(([piece, score]) => (known.has(piece) ? [] : [score])).sort((a, b) => a - b);
    const expected = penalties(theirs);
    for (const [i, score] of penalties(ours).entries()) expect(score).toBeCloseTo(expected[i]!, 8);
  });
});
