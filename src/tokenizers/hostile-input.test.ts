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

/** Halves of a pair that is joined, and the pair of those. */
const abab = { a: 0, b: 1, ab: 2, abab: 3 };
const merges = ['a b', 'ab ab'];
const unigram = {
  type: 'Unigram',
  unk_id: 0,
  vocab: [
    ['<unk>', 0],
    ['a', -1],
    ['b', -1],
    ['ab', -1],
  ],
};
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
const bert = { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true };
const spaces = { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' };
const longWords = { '[UNK]': 0, a: 1, '##b': 2, '##ab': 3 };

describe('a word of ten million letters costs as its length', () => {
  test.each<[name: string, fields: object, tokens: number]>([
    ['BPE of characters', { model: { type: 'BPE', vocab: abab, merges } }, 2_500_000],
    ['BPE of bytes', { pre_tokenizer: byteLevel, model: { type: 'BPE', vocab: abab, merges } }, 2_500_000],
    ['Unigram', { model: unigram }, 5_000_000],
    [
      'Unigram after normalizers',
      { normalizer: { type: 'Sequence', normalizers: [{ type: 'NFKC' }, spaces] }, pre_tokenizer: metaspace, model: unigram },
      5_000_001,
    ],
    ['WordPiece as BERT has it', { normalizer: bert, model: { type: 'WordPiece', vocab: longWords } }, 1],
    [
      'WordPiece for words of any length',
      {
        pre_tokenizer: { type: 'BertPreTokenizer' },
        model: { type: 'WordPiece', max_input_chars_per_word: 1e9, vocab: longWords },
      },
      5_000_001,
    ],
    ['WordLevel', { model: { type: 'WordLevel', unk_token: '[UNK]', vocab: longWords } }, 1],
  ])('%s', { timeout: 240_000 }, (_name, fields, tokens) => {
    const tokenizer = Tokenizer.from_str(JSON.stringify({ ...parts, ...fields }));
    const { ids, offsets } = tokenizer.encode('ab'.repeat(5_000_000));
    expect(ids.length).toBe(tokens);
    expect(offsets.at(-1)![1]).toBe(10_000_000);
  });
});

describe('added tokens', () => {
  const added = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      id: i + 2,
      content: `<w${i}>`,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: i % 2 === 0,
      special: false,
    }));

  test('a million of them load, and each is found', { timeout: 240_000 }, () => {
    const file = { ...JSON.parse(wordLevel('{"[UNK]":0,"x":1}')), added_tokens: added(1_000_000) };
    const tokenizer = Tokenizer.fromJSON(file);
    expect(tokenizer.encode('x <w7> <w999999>x<w70>').ids).toEqual([1, 9, 1_000_001, 1, 72]);
    const text = Array.from({ length: 100_000 }, (_, i) => `<w${7 * i}> x`).join('');
    expect(tokenizer.encode(text).ids.length).toBe(200_000);
  });

  test('a hundred thousand, one after another', { timeout: 60_000 }, () => {
    const tokenizer = Tokenizer.from_str(wordLevel('{"[UNK]":0,"x":1}'));
    for (let i = 0; i < 100_000; i++) tokenizer.add_tokens([`<w${i}>`]);
    expect(tokenizer.encode('x <w7> <w99999>x<w70>').ids).toEqual([1, 9, 100_001, 1, 72]);
  });

  test('of many lengths with the same beginning, in a text that has nothing else', { timeout: 60_000 }, () => {
    const tokenizer = Tokenizer.from_str(wordLevel('{"[UNK]":0,"x":1}'));
    tokenizer.add_tokens(Array.from({ length: 3000 }, (_, i) => `${'a'.repeat(i + 1)}b`));
    expect(tokenizer.encode('a'.repeat(2_000_000)).ids).toEqual([0]);
    expect(tokenizer.encode(`${'a'.repeat(2_000_000)}b`).ids).toEqual([0, 3001]);
  });

  test('the leftmost is taken, and of those the longest', () => {
    const tokenizer = Tokenizer.from_str(wordLevel('{"[UNK]":0,"x":1}'));
    tokenizer.add_tokens(['ab', 'bcdef', 'abc', 'cd', 'd', '\u{1f600}']);
    const found = (text: string) => tokenizer.encode(text).offsets.map(([from, to]) => [...text].slice(from, to).join(''));
    expect(found('abcdef')).toEqual(['abc', 'd', 'ef']);
    expect(found('bcdeabbcdef\u{1f600}cd')).toEqual(['b', 'cd', 'e', 'ab', 'bcdef', '\u{1f600}', 'cd']);
  });

  test('two with one id are refused, and one twice is not', () => {
    const [one] = added(1);
    const withAdded = (...tokens: object[]) =>
      JSON.stringify({ ...JSON.parse(wordLevel('{"[UNK]":0,"x":1}')), added_tokens: tokens });
    expect(refusal(withAdded(one!, { ...one, content: '<v>' }))).toMatchInlineSnapshot(
      `"ConfigError: tokenizer.json: added_tokens[1]: "<v>" has the id 2, which is that of "<w0>"; each token needs its own."`,
    );
    expect(refusal(withAdded({ ...one, id: 1 }))).toMatchInlineSnapshot(
      `"ConfigError: tokenizer.json: added_tokens[0]: "<w0>" has the id 1, which is that of "x"; each token needs its own."`,
    );
    expect(Tokenizer.from_str(withAdded(one!, one!)).encode('<w0>').ids).toEqual([2]);
  });
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
  test('components within components without end', () => {
    let deep: object = { type: 'NFC' };
    for (let i = 0; i < 50_000; i++) deep = { type: 'Sequence', normalizers: [deep] };
    const itself: { type: string; pretokenizers: object[] } = { type: 'Sequence', pretokenizers: [] };
    itself.pretokenizers.push(itself);
    const load = (fields: object) => () => Tokenizer.fromJSON({ ...JSON.parse(wordLevel('{"[UNK]":0}')), ...fields });
    expect(load({ normalizer: deep })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: tokenizer.json: normalizer.normalizers[0].normalizers[0].nor...: it stands within more than 100 others, or within itself; put it beside them in one Sequence.]`,
    );
    expect(load({ pre_tokenizer: itself })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: tokenizer.json: pre_tokenizer.pretokenizers[0].pretokenizers...: it stands within more than 100 others, or within itself; put it beside them in one Sequence.]`,
    );
  });
  test('templates', () => {
    const template = (fields: object) => ({
      ...JSON.parse(wordLevel('{"[UNK]":0,"x":1}')),
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ Sequence: { id: 'A', type_id: 0 } }],
        pair: [{ Sequence: { id: 'A', type_id: 0 } }],
        special_tokens: {},
        ...fields,
      },
    });
    const itself = { id: '<s>', ids: [1], tokens: ['<s>'] };
    const special = { SpecialToken: { id: '<s>', type_id: 0 } };
    expect(refusal(JSON.stringify(template({ single: [special] })))).toMatchInlineSnapshot(
      `"ConfigError: tokenizer.json: post_processor.single[0]: special_tokens has no "<s>"; it has none."`,
    );
    expect(refusal(JSON.stringify(template({ single: [{ Sequence: { id: 'B', type_id: 0 } }] })))).toMatchInlineSnapshot(
      `"ConfigError: tokenizer.json: post_processor.single: it names the text B; one text has only A."`,
    );
    expect(refusal(JSON.stringify(template({ special_tokens: { '<s>': { ...itself, ids: [1, 1] } } })))).toMatchInlineSnapshot(
      `"ConfigError: tokenizer.json: post_processor.special_tokens.<s>: it is {"id":"<s>","ids":[1,1],"tokens":["<s>"]}; an id, and as many ids as tokens, are needed."`,
    );
    // A name among a special token's own tokens is looked up no further, so templates cannot go round in circles.
    const fields = { single: [special, { Sequence: { id: 'A', type_id: 0 } }], special_tokens: { '<s>': itself } };
    expect(Tokenizer.fromJSON(template(fields)).encode('x').ids).toEqual([1, 1]);
  });
  test('a vocabulary of the wrong type', () => {
    expect(refusal(wordLevel('7'))).toMatchInlineSnapshot(
      `"ConfigError: tokenizer.json: model: vocab of WordLevel is 7; an object is needed."`,
    );
  });
});
