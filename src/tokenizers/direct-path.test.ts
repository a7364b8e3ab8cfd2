import { expect, test } from 'vitest';
import { randomNumbers } from '../../test/support/random-numbers.ts';
import { directPath } from './direct-path.ts';
import { BPE, byteLevelAlphabet, Tokenizer, Unigram, WordPiece } from './index.ts';
import type { Model } from './models/model.ts';
import { normalizers } from './normalizers/index.ts';
import { preTokenizers } from './pre-tokenizers/index.ts';

const ranges: readonly (readonly [from: number, to: number])[] = [
  [0x20, 0x7e],
  [0, 0x1f],
  [0x7f, 0x17f],
  [0x300, 0x36f],
  [0x370, 0x52f],
  [0x8d0, 0x97f],
  [0x1100, 0x11ff],
  [0x1ab0, 0x1eff],
  [0x2000, 0x218f],
  [0x3000, 0x33ff],
  [0x4e00, 0x4e20],
  [0xac00, 0xac80],
  [0xd800, 0xdfff],
  [0xf900, 0xffff],
  [0x1d400, 0x1f9ff],
];
const words = [
  "don't",
  '안녕하세요',
  '각',
  'İstanbul',
  'ΑΣ',
  '  ',
  '\r\n',
  '👩\u200d👧',
  '🇰🇷',
  'ﬁ①㎏ﷺ',
  'aa',
  '▁a',
  '<x>',
  'ｶﾞ',
  'é',
];

function randomText(random: () => number): string {
  let text = '';
  for (let length = 1 + Math.floor(random() ** 2 * 30); length > 0; length--) {
    if (random() < 0.3) text += words[Math.floor(random() * words.length)]!;
    else {
      const [from, to] = random() < 0.4 ? ranges[0]! : ranges[Math.floor(random() * ranges.length)]!;
      text += String.fromCodePoint(from + Math.floor(random() * (to - from + 1)));
    }
    if (random() < 0.4) text += ' ';
  }
  return text;
}

const letters = ['a', 'b', 'e', 'i', '안', '녕', '##a', '##b', '##e', '##녕', '▁', '▁a', 'aa', 'eb'];
const bytes = byteLevelAlphabet();
const wordPiece = () => new WordPiece(new Map(['[UNK]', ...letters].map((token, id) => [token, id])));
const unigram = () =>
  new Unigram([['<unk>', 0], ...letters.map((token, i) => [token, -1 - i / 8] as [string, number])], { unk_id: 0 });
const bpe = () =>
  new BPE(new Map([...bytes, 'aa', 'Ġa', 'ìķ'].map((token, id) => [token, id])), [
    ['a', 'a'],
    ['Ġ', 'a'],
    ['ì', 'ķ'],
  ]);

const bert = { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true };
const spaces = { type: 'WhitespaceSplit' };
const table: [normalizer: object | null, preTokenizer: object | null, model: () => Model][] = [
  [bert, { type: 'BertPreTokenizer' }, wordPiece],
  [{ ...bert, lowercase: false, strip_accents: false }, { type: 'BertPreTokenizer' }, wordPiece],
  [{ ...bert, clean_text: false, handle_chinese_chars: false }, spaces, wordPiece],
  [{ type: 'Nmt' }, { type: 'Sequence', pretokenizers: [spaces, { type: 'Punctuation', behavior: 'Isolated' }] }, wordPiece],
  [null, { type: 'ByteLevel', add_prefix_space: false }, bpe],
  [{ type: 'NFC' }, { type: 'ByteLevel', add_prefix_space: true }, bpe],
  [{ type: 'NFKC' }, { type: 'Sequence', pretokenizers: [spaces, { type: 'Metaspace' }] }, unigram],
  [{ type: 'NFKD' }, { type: 'Metaspace', prepend_scheme: 'first' }, unigram],
  [
    { type: 'Sequence', normalizers: [{ type: 'NFD' }, { type: 'StripAccents' }, { type: 'Lowercase' }] },
    { type: 'Metaspace', prepend_scheme: 'never', split: false },
    unigram,
  ],
];

test.each(table)('%j, %j: the direct path gives what normalizer and pre-tokenizer give', (normalizer, preTokenizer, model) => {
  const make = (isDirect: boolean) => {
    const parts = {
      model: model(),
      normalizer: normalizer && normalizers.read(normalizer, 'n'),
      pre_tokenizer: preTokenizer && preTokenizers.read(preTokenizer, 'p'),
    };
    expect(directPath(parts.normalizer, parts.pre_tokenizer)).not.toBeNull();
    // A part that says nothing about characters leaves only the general way.
    const general = parts.pre_tokenizer && { ...parts.pre_tokenizer, cut: undefined };
    const tokenizer = new Tokenizer(isDirect ? parts : { ...parts, pre_tokenizer: general });
    tokenizer.add_special_tokens(['<x>']);
    return tokenizer;
  };
  const [direct, general] = [make(true), make(false)];
  const random = randomNumbers(7);
  for (let i = 0; i < 1500; i++) {
    const text = randomText(random);
    const [a, b] = [direct, general].map((tokenizer) => {
      const encoding = tokenizer.encode(text);
      const { ids, tokens, offsets, utf16_offsets, word_ids } = encoding;
      return { text, ids, tokens, offsets, utf16_offsets, word_ids };
    });
    expect(a).toEqual(b);
    if (i % 10 === 0)
      expect([...direct.pieces(text)].map((pieces) => pieces.texts())).toEqual(
        [...general.pieces(text)].map((pieces) => pieces.texts()),
      );
  }
});

test('a normalizer or a pre-tokenizer that says nothing about characters has no direct path', () => {
  const strip = normalizers.read({ type: 'Strip' }, 'n');
  expect(directPath(strip, null)).toBeNull();
  expect(directPath(null, preTokenizers.read({ type: 'Digits' }, 'p'))).toBeNull();
});

test('words are remembered up to a bound, and tokens stay the same when the memory starts anew', () => {
  const tokenizer = new Tokenizer({ model: wordPiece(), pre_tokenizer: preTokenizers.read(spaces, 'p') });
  const known = () => tokenizer.encode('aab abe 안녕 zzz').ids;
  const before = known();
  const many = Array.from({ length: 70_000 }, (_, i) => `a${i.toString(36)}`).join(' ');
  expect(tokenizer.encode(many).word_ids.at(-1)).toBe(69_999);
  expect(known()).toEqual(before);
});
