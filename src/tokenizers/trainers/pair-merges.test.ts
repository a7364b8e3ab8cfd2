import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startOf } from './merge-start.ts';
import { mergePairs } from './pair-merges.ts';

interface Run {
  kind: string;
  name: string;
  split: string;
  options: {
    vocab_size: number;
    min_frequency?: number;
    limit_alphabet?: number;
    initial_alphabet?: string[];
    continuing_subword_prefix?: string;
    end_of_word_suffix?: string;
    max_token_length?: number;
  };
  same: boolean;
  vocab: string[];
  merges: [string, string][];
}

const path = new URL('../../../test/golden/tokenizers/training.json', import.meta.url);
const golden = JSON.parse(readFileSync(path, 'utf8')) as {
  special_tokens: string[];
  words: Record<string, [string, number][]>;
  runs: Run[];
};

describe('merges like those of the Rust library', () => {
  test.each(golden.runs.filter(({ kind }) => kind === 'BPE'))('$name', ({ split, options, same, vocab, merges }) => {
    const { continuing_subword_prefix = '', end_of_word_suffix = '', limit_alphabet, initial_alphabet = [] } = options;
    const alphabet = { special_tokens: golden.special_tokens, limit_alphabet, initial_alphabet };
    const place = new Map(vocab.map((token, id) => [token, id]));
    // Where its own runs disagree, ours gets the order that its run had.
    const order = same ? undefined : (a: string, b: string) => place.get(a)! - place.get(b)!;
    const start = startOf(new Map(golden.words[split]), { ...alphabet, continuing_subword_prefix, end_of_word_suffix }, order);
    const { vocab_size, min_frequency = 0, max_token_length } = options;
    const found: [string, string][] = [];
    let last = 0;
    for (const { merge, done } of mergePairs(start, {
      vocab_size,
      min_frequency,
      max_token_length,
      prefix: continuing_subword_prefix,
    })) {
      if (merge === undefined) continue;
      found.push([start.tokens[merge.first]!, start.tokens[merge.second]!]);
      expect(done).toBeGreaterThanOrEqual(last);
      last = done;
    }
    expect(start.tokens).toEqual(vocab);
    expect(found).toEqual(merges);
  });
});

test('forms of characters go by code point: with the prefix, with the suffix, with both', () => {
  const words = new Map([
    ['ba', 1],
    ['b', 2],
    ['aab', 1],
  ]);
  const options = { special_tokens: ['b'], limit_alphabet: undefined, initial_alphabet: ['zz', 'y', ''] };
  const { tokens, symbols, starts } = startOf(words, {
    ...options,
    continuing_subword_prefix: '#',
    end_of_word_suffix: '/',
  });
  expect(tokens).toEqual(['b', 'a', 'y', 'z', '#a', 'b/', '#a/', '#b/']);
  expect(Array.from(symbols, (symbol) => tokens[symbol])).toEqual(['b', '#a/', 'b/', 'a', '#a', '#b/']);
  expect([...starts]).toEqual([0, 2, 3, 6]);
});

test('characters outside a limited alphabet are skipped', () => {
  const words = new Map([
    ['aXb', 3],
    ['X', 1],
  ]);
  const options = { special_tokens: [], limit_alphabet: 2, initial_alphabet: [], continuing_subword_prefix: '' };
  // a and b occur 3 times, X 4 times: of the first two, the lower one stays.
  expect(startOf(words, { ...options, end_of_word_suffix: '' })).toMatchObject({ tokens: ['X', 'a'] });
});
