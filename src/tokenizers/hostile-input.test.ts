import { describe, expect, test } from 'vitest';
import { Tokenizer } from './tokenizer.ts';

const parts = { version: '1.0', normalizer: null, pre_tokenizer: { type: 'Whitespace' }, post_processor: null, decoder: null };
const wordLevel = (vocab: string) =>
  `{"version":"1.0","pre_tokenizer":{"type":"Whitespace"},"model":{"type":"WordLevel","unk_token":"[UNK]","vocab":${vocab}}}`;
const bpe = (vocab: object, merges: string[]) =>
  JSON.stringify({ ...parts, model: { type: 'BPE', vocab, merges, unk_token: null } });

/** What loading says; a tokenizer that loads fails the test. */
function refusal(json: string): string {
  try {
    Tokenizer.from_str(json);
  } catch (error) {
    return String(error);
  }
  throw new Error('it was loaded');
}

test('a word of a megabyte costs as its length', { timeout: 60_000 }, () => {
  const word = 'ab'.repeat(500_000);
  const halves = Tokenizer.from_str(bpe({ a: 0, b: 1, ab: 2, abab: 3 }, ['a b', 'ab ab']));
  expect(halves.encode(word).ids).toEqual(Array(250_000).fill(3));
  const pieces = Tokenizer.from_str(
    JSON.stringify({
      ...parts,
      model: {
        type: 'Unigram',
        unk_id: 0,
        vocab: [
          ['<unk>', 0],
          ['a', -1],
          ['b', -1],
          ['ab', -1],
        ],
      },
    }),
  );
  expect(pieces.encode(word).ids).toEqual(Array(500_000).fill(3));
  const words = Tokenizer.from_str(
    JSON.stringify({
      ...parts,
      model: { type: 'WordPiece', unk_token: '[UNK]', max_input_chars_per_word: 100, vocab: { '[UNK]': 0, a: 1, '##b': 2 } },
    }),
  );
  expect(words.encode(word).ids).toEqual([0]);
});

test('a hundred thousand added tokens are each found', { timeout: 60_000 }, () => {
  const tokenizer = Tokenizer.from_str(wordLevel('{"[UNK]":0,"x":1}'));
  expect(tokenizer.add_tokens(Array.from({ length: 100_000 }, (_, i) => `<w${i}>`))).toBe(100_000);
  expect(tokenizer.encode('x <w7> <w99999>x<w70>').ids).toEqual([1, 9, 100_001, 1, 72]);
});

test('names of an object are words like others', () => {
  const tokenizer = Tokenizer.from_str(wordLevel('{"[UNK]":0,"__proto__":1,"constructor":2}'));
  expect(tokenizer.encode('__proto__ constructor toString hasOwnProperty').ids).toEqual([1, 2, 0, 0]);
  expect(tokenizer.decode([1, 2])).toBe('__proto__ constructor');
  expect(Tokenizer.from_str(tokenizer.to_str()).encode('__proto__ constructor').ids).toEqual([1, 2]);
});

describe('files that contradict themselves are refused', () => {
  test('a merge of a token that the vocabulary lacks', () => {
    expect(refusal(bpe({ a: 0, b: 1 }, ['a b']))).toMatchInlineSnapshot(
      `"ConfigError: tokenizer.json: model: merge 0 joins "a" and "b", and the vocabulary has no "ab"; take vocabulary and merges of one tokenizer."`,
    );
  });
  test('an unknown id beyond the vocabulary', () => {
    expect(
      refusal(JSON.stringify({ ...parts, model: { type: 'Unigram', unk_id: 9, vocab: [['a', -1]] } })),
    ).toMatchInlineSnapshot(
      `"ConfigError: tokenizer.json: model: unk_id is 9 and there are 1 pieces; the id of one is needed."`,
    );
  });
  test('a file that ends early', () => {
    expect(refusal(wordLevel('{"[UNK]":0}').slice(0, -9))).toMatchInlineSnapshot(
      `"DataError: tokenizer.json: Unterminated string in JSON at position 115; whole JSON is needed: fetch or save the file again."`,
    );
  });
  test('an id that is no whole number', () => {
    expect(refusal(wordLevel('{"[UNK]":0,"a":1e300}'))).toMatchInlineSnapshot(
      `"ConfigError: tokenizer.json: model.vocab: the id of "a" is 1e+300; a whole number from 0 is needed."`,
    );
  });
  test('a vocabulary of the wrong type', () => {
    expect(refusal(wordLevel('7'))).toMatchInlineSnapshot(
      `"ConfigError: tokenizer.json: model: vocab of WordLevel is 7; an object is needed."`,
    );
  });
});
