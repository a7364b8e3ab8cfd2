import { describe, expect, test } from 'vitest';
import {
  BertNormalizer,
  BertPreTokenizer,
  BertProcessing,
  Lowercase,
  Tokenizer,
  Whitespace,
  WordPiece,
  WordPieceDecoder,
} from './index.ts';

const tokens = [
  '[UNK]',
  '[CLS]',
  '[SEP]',
  'a',
  '##a',
  'b',
  '##b',
  'ab',
  '##ab',
  '😀',
  '##😀',
  '가',
  '##가',
  'ᄀ',
  '##ᅡ',
  '!',
  'day',
];
const vocab = new Map(tokens.map((token, id) => [token, id]));

function bert(fields: { max_input_chars_per_word?: number } = {}): Tokenizer {
  return new Tokenizer({
    model: new WordPiece(vocab, fields),
    normalizer: BertNormalizer(),
    pre_tokenizer: BertPreTokenizer(),
    post_processor: BertProcessing({ cls: ['[CLS]', 1], sep: ['[SEP]', 2] }),
    decoder: WordPieceDecoder(),
  });
}

describe('WordPiece', () => {
  const encode = (text: string) => bert().encode(text, null, { add_special_tokens: false });

  test('takes the longest token each time', () => {
    expect(encode('abab aab b😀 abc !').tokens).toEqual(['ab', '##ab', 'a', '##ab', 'b', '##😀', '[UNK]', '!']);
    expect(encode('abab aab').offsets).toEqual([
      [0, 2],
      [2, 4],
      [5, 6],
      [6, 8],
    ]);
  });

  test('counts letters of a word in code points', () => {
    const tokenizer = bert({ max_input_chars_per_word: 3 });
    const all = (text: string) => tokenizer.encode(text, null, { add_special_tokens: false }).tokens;
    expect(all('a😀😀')).toEqual(['a', '##😀', '##😀']);
    expect(all('a😀😀b')).toEqual(['[UNK]']);
    expect(all('aaa')).toEqual(['a', '##a', '##a']);
  });

  test('says so when it needs an unknown token and has none', () => {
    const tokenizer = new Tokenizer({ model: new WordPiece(new Map([['a', 0]])) });
    expect(tokenizer.encode('a').ids).toEqual([0]);
    expect(() => tokenizer.encode('b')).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: WordPiece: a word cannot be spelled and the vocabulary has no "[UNK]"; add that token, or name another as unk_token.]`,
    );
  });
});

test('BertProcessing puts its tokens around one text and a pair', () => {
  const pair = bert().encode('a', 'b a');
  expect(pair.tokens).toEqual(['[CLS]', 'a', '[SEP]', 'b', 'a', '[SEP]']);
  expect(pair.type_ids).toEqual([0, 0, 0, 1, 1, 1]);
  expect(pair.special_tokens_mask).toEqual([1, 0, 1, 0, 0, 1]);
  expect(bert().encode('a').tokens).toEqual(['[CLS]', 'a', '[SEP]']);
  expect(bert().encode('a', 'b', { add_special_tokens: false }).type_ids).toEqual([0, 1]);
});

describe('added tokens', () => {
  const cases: [name: string, token: object, text: string, tokens: string[]][] = [
    ['anywhere', {}, 'xdayx day', ['x', 'DAY', 'x ', 'DAY']],
    ['single_word', { single_word: true }, 'xday day,day 가day', ['xday ', 'DAY', ',', 'DAY', ' 가day']],
    ['lstrip', { lstrip: true }, 'a  day b', ['a', '  DAY', ' b']],
    ['rstrip', { rstrip: true }, 'a day \u3000b', ['a ', 'DAY \u3000', 'b']],
    ['both', { lstrip: true, rstrip: true }, 'day day', ['DAY ', 'DAY']],
  ];
  test.each(cases)('%s', (_name, flags, text, expected) => {
    const tokenizer = new Tokenizer({ model: new WordPiece(new Map([['[UNK]', 0]])) });
    tokenizer.add_tokens([{ content: 'day', normalized: false, ...flags }]);
    const { ids, offsets } = tokenizer.encode(text);
    const cut = offsets.map(([start, end], i) =>
      ids[i] === 0 ? text.slice(start, end) : text.slice(start, end).replace('day', 'DAY'),
    );
    expect(cut).toEqual(expected);
  });

  test('normalized ones are found in the normalized text, others in the text as it stands', () => {
    const make = (normalized: boolean) => {
      const tokenizer = new Tokenizer({ model: new WordPiece(vocab), normalizer: Lowercase(), pre_tokenizer: Whitespace() });
      tokenizer.add_tokens([{ content: 'Yesterday', normalized }]);
      return tokenizer.encode('a YESTERDAY Yesterday').tokens;
    };
    expect(make(true)).toEqual(['a', 'yesterday', 'yesterday']);
    expect(make(false)).toEqual(['a', '[UNK]', 'Yesterday']);
  });

  test('the longest of several that begin at one place', () => {
    const tokenizer = new Tokenizer({ model: new WordPiece(vocab) });
    tokenizer.add_special_tokens(['<a>', '<a', '<a><b>', '-', ']', '^', '\\']);
    expect(tokenizer.encode('<a><b><a><a-]^\\').tokens).toEqual(['<a><b>', '<a>', '<a', '-', ']', '^', '\\']);
  });
});

describe('hostile texts', () => {
  test('halves of surrogate pairs alone count as U+FFFD and keep their places', () => {
    expect(bert().encode('a\ud83d b\ude00\ud83d').utf16_offsets).toEqual([
      [0, 0],
      [0, 1],
      [3, 4],
      [0, 0],
    ]);
    const bare = new Tokenizer({ model: new WordPiece(vocab) });
    expect(bare.encode('\ude00\ud83d').offsets).toEqual([[0, 2]]);
  });

  test('control characters vanish, joined emoji and jamo cut where they are', () => {
    expect(bert().encode('a\u0007\u0000b', null, { add_special_tokens: false }).offsets).toEqual([[0, 4]]);
    const family = '👩\u200d👩\u200d👧';
    expect(bert().encode(family, null, { add_special_tokens: false }).utf16_offsets).toEqual([[0, family.length]]);
    const jamo = bert().encode('가!'.normalize('NFD'), null, { add_special_tokens: false });
    expect(jamo.tokens).toEqual(['ᄀ', '##ᅡ', '!']);
    expect(jamo.offsets).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    expect(bert().encode('가!', null, { add_special_tokens: false }).offsets).toEqual([
      [0, 1],
      [0, 1],
      [1, 2],
    ]);
  });

  const shapes: [name: string, unit: string][] = [
    ['one word', 'a'],
    ['spaces', ' '],
    ['punctuation', '!'],
    ['brackets that begin no token', '['],
    ['marks', '\u0301'],
    ['marks of two classes', '\u0301\u0323'],
    ['Chinese characters', '中'],
    ['syllables', '가'],
    ['emoji', '😀'],
    ['halves', '\ud83d'],
    ['control characters', '\u0007'],
    ['capital İ', 'İ'],
  ];
  // In steps that grow with the square of its length, a text of a million units would not end within the time the test has.
  test.each(shapes)('a million units of %s end, as a thousand do', { timeout: 120_000 }, (_name, unit) => {
    const tokenizer = bert();
    tokenizer.add_special_tokens(Array.from({ length: 500 }, (_, i) => `[extra_${i}]`));
    const tokensOf = (length: number) => tokenizer.encode(unit.repeat(length / unit.length)).ids.slice(1, -1);
    const few = tokensOf(1000);
    const many = tokensOf(1_000_000);
    // A token for each, or one for all of them, or none.
    expect([few.length, 1000 * few.length]).toContain(many.length);
    expect(new Set(many)).toEqual(new Set(few));
  });
});

test('decodes, leaving out what it is told to and what is no token', () => {
  const tokenizer = bert();
  tokenizer.add_special_tokens(['[CLS]', '[SEP]']);
  expect(tokenizer.decode([1, 7, 8, 5, 15, 2, 12345])).toBe('abab b!');
  expect(tokenizer.decode([1, 7, 2], { skip_special_tokens: false })).toBe('[CLS] ab [SEP]');
  expect(WordPieceDecoder({ cleanup: false }).decode(['##a', '##b', 'a', '!', 'do', 'not'])).toBe('##ab a ! do not');
  expect(WordPieceDecoder().decode(['i', "'m", 'a', '.'])).toBe("i'm a.");
});

test('its own truncation and padding hold unless a call says otherwise', () => {
  const tokenizer = bert();
  tokenizer.truncation = { max_length: 4, strategy: 'longest_first', stride: 0, direction: 'right' };
  tokenizer.padding = { length: 6, direction: 'left', pad_to_multiple_of: null, pad_id: 9, pad_type_id: 3, pad_token: '😀' };
  const encoding = tokenizer.encode('a b a b');
  expect(encoding.ids).toEqual([9, 9, 1, 3, 5, 2]);
  expect(encoding.type_ids).toEqual([3, 3, 0, 0, 0, 0]);
  expect(encoding.sequence_ids).toEqual([null, null, null, 0, 0, null]);
  expect(encoding.overflowing.map((part) => part.tokens.slice(2))).toEqual([['[CLS]', 'a', 'b', '[SEP]']]);
  expect(tokenizer.encode('a b a b', null, { truncation: null, padding: null }).ids).toEqual([1, 3, 5, 3, 5, 2]);
  const again = Tokenizer.from_str(tokenizer.to_str(true));
  expect(again.encode('a b a b').ids).toEqual(encoding.ids);
  expect(again.toJSON()).toEqual(tokenizer.toJSON());
});
