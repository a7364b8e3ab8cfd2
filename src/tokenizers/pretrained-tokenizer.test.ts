import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import {
  AutoTokenizer,
  type BatchEncoding,
  BertTokenizerFast,
  type CallOptions,
  PreTrainedTokenizerFast,
  type TextBatch,
  Tokenizer,
  type TokenizerConfig,
} from './index.ts';

interface Call {
  text: TextBatch;
  pair: TextBatch | null;
  options: CallOptions & { truncation?: CallOptions['truncation'] | null };
  result: Record<string, unknown>;
}

const path = new URL('../../test/golden/tokenizers/calls.json', import.meta.url);
interface OtherCalls {
  name: string;
  tokenizer: object;
  config: TokenizerConfig;
  calls: Call[];
}

const golden = JSON.parse(readFileSync(path, 'utf8')) as { vocab: string[]; calls: Call[]; others: OtherCalls[] };
const bert = () => new BertTokenizerFast(golden.vocab, { model_max_length: 24 });

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'qkv-tokenizer-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return String(error);
  }
  return 'no error';
}

const tokenizers = [
  { name: 'BERT', make: bert, calls: golden.calls },
  ...golden.others.map(({ name, tokenizer, config, calls }) => ({
    name,
    make: () => new PreTrainedTokenizerFast(Tokenizer.fromJSON(tokenizer), config),
    calls,
  })),
];
describe.each(tokenizers)('calls, as in Python: $name', ({ make, calls }) => {
  test.each(calls.map((call, i) => [`${i} ${JSON.stringify(call.options)}`, call, i] as const))('%s', (_name, call, i) => {
    const tokenizer = make();
    if (i >= calls.length - 3) tokenizer.truncation_side = 'left';
    const { truncation, ...options } = call.options;
    const all: CallOptions = truncation === null || truncation === undefined ? options : { ...options, truncation };
    if ('error' in call.result) expect(() => tokenizer(call.text, call.pair, all)).toThrow(/^(tokenizer|truncation): /);
    else expect({ ...tokenizer(call.text, call.pair, all) }).toEqual(call.result);
  });
});

test('the types say what a call gives', () => {
  const tokenizer = bert();
  expectTypeOf(tokenizer('a')).toEqualTypeOf<BatchEncoding<number[]>>();
  expectTypeOf(tokenizer('a', { truncation: true })).toEqualTypeOf<BatchEncoding<number[]>>();
  expectTypeOf(tokenizer('a', 'b')).toEqualTypeOf<BatchEncoding<number[]>>();
  expectTypeOf(tokenizer(['a'], { padding: true })).toEqualTypeOf<BatchEncoding<number[][]>>();
  expectTypeOf(tokenizer(['a'], { is_split_into_words: true })).toEqualTypeOf<BatchEncoding<number[]>>();
  expectTypeOf(tokenizer('a', { return_overflowing_tokens: true })).toEqualTypeOf<BatchEncoding<number[][]>>();
  expect(tokenizer).toBeInstanceOf(PreTrainedTokenizerFast);
  expect(typeof tokenizer).toBe('function');
});

test('offsets cut: code points as Hugging Face counts, UTF-16 units as JavaScript cuts', () => {
  const tokenizer = bert();
  const text = '😀 kato 😀, E\u0301ka 강의';
  const points = tokenizer(text, { return_offsets_mapping: true }).offset_mapping!;
  const units = tokenizer(text, { return_offsets_mapping: 'utf-16' }).offset_mapping!;
  const letters = [...text];
  const cut = units.map(([start, end]) => text.slice(start, end));
  expect(cut).toEqual(['', '😀', 'ka', 'to', '😀', ',', 'E', 'ka', '강', '의', '']);
  expect(cut).toEqual(points.map(([start, end]) => letters.slice(start, end).join('')));
});

test('questions about single tokens', () => {
  const encoded = bert()('kato, mire', 'lona');
  expect(encoded.tokens()).toEqual(['[CLS]', 'ka', '##to', ',', 'mi', '##re', '[SEP]', 'lo', '##na', '[SEP]']);
  expect(encoded.word_ids()).toEqual([null, 0, 0, 1, 2, 2, null, 0, 0, null]);
  expect(encoded.sequence_ids()).toEqual([null, 0, 0, 0, 0, 0, null, 1, 1, null]);
  expect(encoded.word_to_tokens(0, 2)).toEqual([4, 6]);
  expect(encoded.word_to_tokens(0, 0, 1)).toEqual([7, 9]);
  expect(encoded.word_to_tokens(0, 9)).toBeNull();
  expect(encoded.char_to_token(0, 4)).toBe(encoded.tokens().indexOf(','));
  expect(encoded.char_to_token(0, 5)).toBeNull();
});

test('ids and tokens, there and back', () => {
  const tokenizer = bert();
  expect(tokenizer.convert_tokens_to_ids(['[CLS]', 'nowhere to be found'])).toEqual([
    tokenizer.cls_token_id,
    tokenizer.unk_token_id,
  ]);
  expect(tokenizer.convert_ids_to_tokens([2, 3, 99999])).toEqual(['[CLS]', '[SEP]', undefined]);
  expect(tokenizer.convert_ids_to_tokens(new BigInt64Array([0n, 5n]), { skip_special_tokens: true })).toEqual([
    golden.vocab[5],
  ]);
  expect(tokenizer.tokenize('kato, mire')).toEqual(
    tokenizer.convert_ids_to_tokens(tokenizer.encode('kato, mire', { add_special_tokens: false })),
  );
  expect(tokenizer.batch_decode([tokenizer.encode('kato , mire'), new Int32Array([2, 3])])).toEqual([
    '[CLS] kato, mire [SEP]',
    '[CLS] [SEP]',
  ]);
  expect(tokenizer.vocab_size).toBe(golden.vocab.length);
  expect(tokenizer.get_vocab().get('[MASK]')).toBe(tokenizer.mask_token_id);
});

test('pad fills what single texts lack and leaves the rest', () => {
  const tokenizer = bert();
  const examples = ['kato', 'kato mire lona'].map((text, label) => ({ ...tokenizer(text), labels: label }));
  const padded = tokenizer.pad(examples);
  const batch = tokenizer(['kato', 'kato mire lona'], { padding: true });
  expect({ ...padded }).toEqual({ ...batch, labels: [0, 1] });
  const left = tokenizer.pad({ input_ids: [[7], [7, 8, 9]] }, { padding_side: 'left', pad_to_multiple_of: 4 });
  expect({ ...left }).toEqual({
    input_ids: [
      [0, 0, 0, 7],
      [0, 7, 8, 9],
    ],
    attention_mask: [
      [0, 0, 0, 1],
      [0, 1, 1, 1],
    ],
  });
  expect(tokenizer.pad({ input_ids: [7] }, { padding: 'max_length', max_length: 3 }).input_ids).toEqual([7, 0, 0]);
  expect(tokenizer.pad([]).input_ids).toEqual([]);
});

test('added and special tokens are found, kept, and saved', async () => {
  const tokenizer = bert();
  const before = tokenizer.total_vocab_size;
  expect(tokenizer.add_tokens(['katomire', { content: 'Üb', single_word: true }])).toBe(2);
  expect(tokenizer.add_special_tokens({ bos_token: '<s>', additional_special_tokens: ['<tool>'] })).toBe(2);
  expect(tokenizer.total_vocab_size).toBe(before + 4);
  const text = '<s>KATOMIRE üb übka <tool>';
  const ids = tokenizer.encode(text);
  expect(tokenizer.tokenize(text).filter((token) => /^<|katom|^ub$/.test(token))).toEqual(['<s>', 'katomire', 'ub', '<tool>']);
  await tokenizer.save_pretrained(join(folder, 'added'));
  expect(readdirSync(join(folder, 'added')).sort()).toEqual([
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'vocab.txt',
  ]);
  const again = await AutoTokenizer.from_pretrained(join(folder, 'added'));
  expect(again.encode(text)).toEqual(ids);
  expect(again.bos_token_id).toBe(tokenizer.bos_token_id);
  expect(again.all_special_tokens.sort()).toEqual(tokenizer.all_special_tokens.sort());
  expect(again.model_max_length).toBe(24);
  expect(again.decode(ids, { skip_special_tokens: true })).toBe(tokenizer.decode(ids, { skip_special_tokens: true }));
});

test('saves a folder anew over an old one, and nothing else', async () => {
  const target = join(folder, 'twice');
  await bert().save_pretrained(target);
  const first = readFileSync(join(target, 'tokenizer.json'), 'utf8');
  await bert().save_pretrained(target);
  expect(readFileSync(join(target, 'tokenizer.json'), 'utf8')).toBe(first);
  expect(JSON.parse(readFileSync(join(target, 'tokenizer_config.json'), 'utf8'))).toEqual({
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
    model_max_length: 24,
    tokenizer_class: 'BertTokenizer',
    padding_side: 'right',
    truncation_side: 'right',
    model_input_names: ['input_ids', 'token_type_ids', 'attention_mask'],
    clean_up_tokenization_spaces: false,
    do_lower_case: true,
    strip_accents: null,
    tokenize_chinese_chars: true,
  });
  expect(existsSync(join(target, 'vocab.txt'))).toBe(true);
});

test('says what is wrong with a call', () => {
  const tokenizer = bert();
  const wrong = (text: unknown, options: unknown = {}) => messageOf(() => tokenizer(text as string, options as CallOptions));
  expect(wrong('a', { max_len: 3 })).toMatchInlineSnapshot(
    `"ConfigError: tokenizer: there is no option max_len; did you mean max_length?"`,
  );
  expect(wrong('a', { padding: 'longst' })).toMatchInlineSnapshot(
    `"ConfigError: tokenizer: padding is "longst"; it must be one of true, false, "longest", "max_length", "do_not_pad"; did you mean longest?"`,
  );
  expect(wrong('a', { max_length: 2.5 })).toMatchInlineSnapshot(
    `"ConfigError: tokenizer: max_length is 2.5; a whole number of at least 0 is needed."`,
  );
  expect(wrong('a', { return_tensors: 'pt' })).toMatchInlineSnapshot(
    `"UnsupportedError: tokenizer: return_tensors is "pt"; a tokenizer gives plain lists: make tensors with a data collator (DataCollatorWithPadding), or with tensor(encoded.input_ids)."`,
  );
  expect(wrong(3)).toMatchInlineSnapshot(`"DataError: tokenizer: text is 3; a string or a list of strings is needed."`);
  expect(wrong(['a', null])).toMatchInlineSnapshot(`"DataError: tokenizer: text 1 is null; a string is needed."`);
  expect(wrong([['a', 'b', 'c']])).toMatchInlineSnapshot(
    `"DataError: tokenizer: text 0 is a list of 3; a pair has 2, and lists of words need is_split_into_words: true."`,
  );
  expect(wrong('a b', { is_split_into_words: true })).toMatchInlineSnapshot(
    `"DataError: tokenizer: is_split_into_words is true and the text is one string; a list of words is needed."`,
  );
  expect(messageOf(() => tokenizer(['a', 'b'], ['c']))).toMatchInlineSnapshot(
    `"DataError: tokenizer: 2 texts came with 1 second texts; as many are needed."`,
  );
  expect(wrong('a', { truncation: true, max_length: 1 })).toMatchInlineSnapshot(
    `"ConfigError: truncation: max_length is 1 and 2 special tokens are added; at least 2 is needed."`,
  );
  expect(wrong('kato mire lona shu', { truncation: true, max_length: 4, stride: 2 })).toMatchInlineSnapshot(
    `"ConfigError: truncation: stride is 2 and 2 tokens are left of a text; the stride must be less than that (max_length without special tokens, or a text's share of it)."`,
  );
  expect(wrong('kato mire', { truncation: 'only_second', max_length: 3 })).toMatchInlineSnapshot(
    `"ConfigError: truncation: the strategy is only_second and there is no second text; give one, or use only_first."`,
  );
  tokenizer.pad_token = null;
  expect(wrong(['a'], { padding: true })).toMatchInlineSnapshot(
    `"ConfigError: tokenizer: padding is asked for and there is no padding token; set one, as in tokenizer.pad_token = '[PAD]'."`,
  );
});

describe('folders that cannot be loaded', () => {
  const load = async (files: Record<string, string>) => {
    const place = mkdtempSync(join(folder, 'broken-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
    return AutoTokenizer.from_pretrained(place).then(
      () => 'no error',
      // Newer engines add the line and column.
      (error) =>
        String(error)
          .replaceAll(place, 'FOLDER')
          .replace(/ \(line \d+ column \d+\)/, ''),
    );
  };
  const whole = JSON.parse(bert().backend_tokenizer.to_str());
  const changed = (changes: object) => load({ 'tokenizer.json': JSON.stringify({ ...whole, ...changes }) });

  test('none there', async () => {
    await expect(AutoTokenizer.from_pretrained('klue/roberta-base')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[MissingFileError: AutoTokenizer: there is no folder klue/roberta-base; to use klue/roberta-base of the Hugging Face hub, download it first (hf download klue/roberta-base --local-dir klue/roberta-base) and give that folder.]`,
    );
    await expect(AutoTokenizer.from_pretrained('./no/such/folder')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[MissingFileError: AutoTokenizer: there is no folder ./no/such/folder; give the path of a folder that has the files.]`,
    );
    expect(await load({})).toMatchInlineSnapshot(
      `"MissingFileError: AutoTokenizer: FOLDER has neither tokenizer.json nor vocab.txt, vocab.json with merges.txt, or a SentencePiece model; put the tokenizer's files there, or name the folder that has them."`,
    );
    expect(
      await load({ 'vocab.txt': 'a\n', 'tokenizer_config.json': '{"tokenizer_class": "T5Tokenizer"}' }),
    ).toMatchInlineSnapshot(
      `"MissingFileError: AutoTokenizer: FOLDER has neither tokenizer.json nor a SentencePiece model (spiece.model, sentencepiece.bpe.model, tokenizer.model, sentencepiece.model, spm.model); put the tokenizer's files there, or name the folder that has them."`,
    );
  });

  test('broken or contradictory files', async () => {
    expect(await load({ 'tokenizer.json': '{"version": "1.0", "model": {"vo' })).toMatchInlineSnapshot(
      `"DataError: FOLDER/tokenizer.json: Unterminated string in JSON at position 32; whole JSON is needed: fetch or save the file again."`,
    );
    expect(await load({ 'tokenizer.json': '' })).toMatchInlineSnapshot(
      `"DataError: FOLDER/tokenizer.json: the file is empty; whole JSON is needed: fetch or save the file again."`,
    );
    expect(await load({ 'tokenizer.json': '[]' })).toMatchInlineSnapshot(
      `"ConfigError: FOLDER/tokenizer.json: it is []; an object with a model is needed."`,
    );
    expect(await load({ 'tokenizer.json': '{}' })).toMatchInlineSnapshot(
      `"ConfigError: FOLDER/tokenizer.json: model: it is missing; a model is needed, as an object with a type."`,
    );
    expect(await changed({ version: '2.0' })).toMatchInlineSnapshot(
      `"UnsupportedError: FOLDER/tokenizer.json: version "2.0" is not supported; "1.0" is."`,
    );
    expect(await changed({ decoders: [] })).toMatchInlineSnapshot(
      `"UnsupportedError: FOLDER/tokenizer.json: decoders is not supported; a tokenizer has version, truncation, padding, added_tokens, normalizer, pre_tokenizer, post_processor, decoder, model."`,
    );
    expect(await changed({ model: { ...whole.model, vocab: { a: 0, b: 0 } } })).toMatchInlineSnapshot(
      `"ConfigError: FOLDER/tokenizer.json: model.vocab: "a" and "b" both have the id 0; each token needs its own."`,
    );
    expect(await changed({ model: { ...whole.model, vocab: { a: -1 } } })).toMatchInlineSnapshot(
      `"ConfigError: FOLDER/tokenizer.json: model.vocab: the id of "a" is -1; a whole number from 0 is needed."`,
    );
    expect(await changed({ model: { ...whole.model, vocab: [] } })).toMatchInlineSnapshot(
      `"ConfigError: FOLDER/tokenizer.json: model: vocab of WordPiece is []; an object is needed."`,
    );
    expect(await changed({ added_tokens: [{ ...whole.added_tokens[0], id: 7 }] })).toMatchInlineSnapshot(
      `"ConfigError: FOLDER/tokenizer.json: added_tokens[0]: "[PAD]" has the id 7 here and 0 elsewhere in the file; they must agree."`,
    );
    expect(await changed({ padding: { ...whole.padding, strategy: 'Longest' } })).toMatchInlineSnapshot(
      `"ConfigError: FOLDER/tokenizer.json: padding.strategy: it is "Longest"; "BatchLongest" or {"Fixed": length} is needed."`,
    );
    expect(await changed({ post_processor: { ...whole.post_processor, special_tokens: {} } })).toMatchInlineSnapshot(
      `"ConfigError: FOLDER/tokenizer.json: post_processor.single[0]: special_tokens has no "[CLS]"; it has none."`,
    );
    expect(await load({ 'tokenizer.json': JSON.stringify(whole), 'tokenizer_config.json': '3' })).toMatchInlineSnapshot(
      `"ConfigError: FOLDER/tokenizer_config.json: it is 3; an object is needed."`,
    );
    expect(await load({ 'vocab.txt': 'a\nb\n', 'tokenizer_config.json': '{"padding_side": "top"}' })).toMatchInlineSnapshot(
      `"ConfigError: tokenizer: padding_side is "top"; left or right is needed."`,
    );
  });

  test('components that are not there', async () => {
    expect(await changed({ normalizer: { type: 'Emoji' } })).toMatchInlineSnapshot(
      `"UnsupportedError: FOLDER/tokenizer.json: normalizer: the normalizer "Emoji" is not supported; the supported ones are BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Replace, Prepend, Precompiled, Nmt, ByteLevel, Sequence."`,
    );
    expect(
      await changed({ normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Nmtt' }] } }),
    ).toMatchInlineSnapshot(
      `"UnsupportedError: FOLDER/tokenizer.json: normalizer.normalizers[1]: the normalizer "Nmtt" is not supported; the supported ones are BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Replace, Prepend, Precompiled, Nmt, ByteLevel, Sequence."`,
    );
    expect(await changed({ pre_tokenizer: { type: 'Bytes' } })).toMatchInlineSnapshot(
      `"UnsupportedError: FOLDER/tokenizer.json: pre_tokenizer: the pre-tokenizer "Bytes" is not supported; the supported ones are BertPreTokenizer, ByteLevel, Metaspace, Whitespace, WhitespaceSplit, Punctuation, Digits, Split, CharDelimiterSplit, UnicodeScripts, FixedLength, Sequence."`,
    );
    expect(await changed({ model: { type: 'CharBPE' } })).toMatchInlineSnapshot(
      `"UnsupportedError: FOLDER/tokenizer.json: model: the model "CharBPE" is not supported; the supported ones are BPE, WordPiece, Unigram, WordLevel."`,
    );
    expect(await changed({ decoder: { type: 'WordPiece', prefix: '##', clean: true } })).toMatchInlineSnapshot(
      `"UnsupportedError: FOLDER/tokenizer.json: decoder: WordPiece has no field clean; did you mean cleanup?"`,
    );
    expect(await changed({ normalizer: { type: 'BertNormalizer', lowercase: 'yes' } })).toMatchInlineSnapshot(
      `"ConfigError: FOLDER/tokenizer.json: normalizer: lowercase of BertNormalizer is "yes"; a boolean is needed."`,
    );
  });
});
