import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haveRealModels, unpackedTokenizer } from '../../test/support/real-tokenizers.ts';
import { AutoTokenizer, type PreTrainedTokenizerFast, Tokenizer } from './index.ts';

interface Observed {
  texts: string[];
  targets: string[];
  tokens: string[][];
  both: { input_ids: number[][]; attention_mask: number[][]; labels: number[][] };
  'target alone': { input_ids: number[][]; attention_mask: number[][] };
  one: { input_ids: number[]; attention_mask: number[]; labels: number[] };
  padded: Observed['both'];
  pair: { input_ids: number[]; attention_mask: number[] };
  vocab_size: number;
  model_max_length: number;
  all_special_ids: number[];
  generated: number[][];
  decoded: Record<string, string[]>;
}

interface Tiny extends Observed {
  files: Record<string, string>;
  vocab: Record<string, number>;
  config: object;
}

const path = new URL('../../test/golden/tokenizers/marian.json', import.meta.url);
const golden = JSON.parse(readFileSync(path, 'utf8')) as { tiny: Tiny; 'opus-mt-zh-en': Observed };
const temporary: string[] = [];
let tiny = '';

beforeAll(() => {
  tiny = mkdtempSync(join(tmpdir(), 'qkv-marian-'));
  temporary.push(tiny);
  for (const [name, base64] of Object.entries(golden.tiny.files))
    writeFileSync(join(tiny, name), Buffer.from(base64, 'base64'));
  writeFileSync(join(tiny, 'vocab.json'), JSON.stringify(golden.tiny.vocab));
  writeFileSync(join(tiny, 'tokenizer_config.json'), JSON.stringify(golden.tiny.config));
});
afterAll(() => {
  for (const folder of temporary) rmSync(folder, { recursive: true });
});

/** The ids of texts, each beside its text, so that a difference says where it is. */
function beside(texts: readonly string[], ids: readonly unknown[]): unknown[] {
  return texts.map((text, i) => [text, ids[i]]);
}

function expectAsInPython(tokenizer: PreTrainedTokenizerFast, expected: Observed): void {
  const { texts, targets, generated } = expected;
  const both = tokenizer(texts, { text_target: targets });
  expect(beside(texts, both.input_ids)).toEqual(beside(texts, expected.both.input_ids));
  expect(beside(targets, both.labels!)).toEqual(beside(targets, expected.both.labels));
  expect({ ...both }).toEqual(expected.both);
  expect({ ...tokenizer(null, { text_target: targets }) }).toEqual(expected['target alone']);
  expect({ ...tokenizer(texts[0]!, { text_target: targets[0]! }) }).toEqual(expected.one);
  const cut = { padding: true, truncation: true, max_length: 9 } as const;
  expect({ ...tokenizer(texts.slice(0, 4), { text_target: targets.slice(0, 4), ...cut }) }).toEqual(expected.padded);
  expect({ ...tokenizer(texts[0]!, texts[1]!) }).toEqual(expected.pair);
  expect(texts.map((text) => tokenizer.tokenize(text))).toEqual(expected.tokens);
  expect(tokenizer.vocab_size).toBe(expected.vocab_size);
  expect(tokenizer.model_max_length).toBe(expected.model_max_length);
  expect(tokenizer.all_special_ids.toSorted()).toEqual(expected.all_special_ids.toSorted());
  for (const [how, decoded] of Object.entries(expected.decoded)) {
    const options = { use_source_tokenizer: how.startsWith('source'), skip_special_tokens: how.endsWith('True') };
    expect([how, tokenizer.batch_decode(generated, options)]).toEqual([how, decoded]);
    if (!options.use_source_tokenizer) {
      const { skip_special_tokens } = options;
      expect(tokenizer.batch_decode(generated, { skip_special_tokens })).toEqual(decoded);
    }
  }
}

test('a tiny tokenizer with a code of a language and pieces that its vocabulary lacks', async () => {
  const tokenizer = await AutoTokenizer.from_pretrained(tiny);
  expectAsInPython(tokenizer, golden.tiny);
});

test('saving writes the older parts, from which the same tokenizer comes', async () => {
  const tokenizer = await AutoTokenizer.from_pretrained(tiny);
  tokenizer.add_tokens(['qkv']);
  const folder = mkdtempSync(join(tmpdir(), 'qkv-marian-'));
  temporary.push(folder);
  // One of another kind, which says less.
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify({ model: { type: 'WordLevel', vocab: {}, unk_token: 'x' } }));
  await tokenizer.save_pretrained(folder);
  expect(readdirSync(folder).sort()).toEqual(
    ['source.spm', 'special_tokens_map.json', 'target.spm', 'tokenizer.json', 'tokenizer_config.json', 'vocab.json'].sort(),
  );
  for (const [name, base64] of Object.entries(golden.tiny.files))
    expect(readFileSync(join(folder, name)).toString('base64')).toBe(base64);
  expect(JSON.parse(readFileSync(join(folder, 'vocab.json'), 'utf8'))).toEqual(golden.tiny.vocab);
  const again = await AutoTokenizer.from_pretrained(folder);
  expectAsInPython(again, golden.tiny);
  const id = golden.tiny.vocab_size;
  expect(again('qkv', { text_target: 'qkv' })).toMatchObject({ input_ids: [id, 0], labels: [id, 0] });
  expect(again.decode([id])).toBe('qkv');
});

test('a code of a language is not special, and found as one token', async () => {
  const tokenizer = await AutoTokenizer.from_pretrained(tiny);
  const [code, ...rest] = tokenizer('>>fr<< Where is it?').input_ids;
  expect(code).toBe(golden.tiny.vocab['>>fr<<']);
  expect(rest).toEqual(tokenizer('Where is it?').input_ids);
  expect(tokenizer.decode([code!], { skip_special_tokens: true })).toBe('>>fr<<');
});

test('refuses what it cannot do, and says what to do', async () => {
  const tokenizer = await AutoTokenizer.from_pretrained(tiny);
  expect(() => tokenizer(['a'], { text_target: 'b' })).toThrowErrorMatchingInlineSnapshot(
    `[DataError: tokenizer: text is a list of 1 and text_target is one text; both must be alike.]`,
  );
  expect(() => tokenizer(['a'], { text_target: ['b', 'c'] })).toThrowErrorMatchingInlineSnapshot(
    `[DataError: tokenizer: text is a list of 1 and text_target is a list of 2; both must be alike.]`,
  );
  expect(() => tokenizer(null as unknown as string)).toThrowErrorMatchingInlineSnapshot(
    `[DataError: tokenizer: text is null; a string or a list of strings is needed.]`,
  );
  expect(() => tokenizer.encode('a', { text_target: 'b' })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: tokenizer: text_target is for calls; write tokenizer(text, { text_target }).]`,
  );
  expect(() => tokenizer('a', { text_target: 'b', return_overflowing_tokens: true })).toThrowErrorMatchingInlineSnapshot(
    `[UnsupportedError: tokenizer: return_overflowing_tokens with text_target would give labels to some rows only; encode the target texts in a call of their own.]`,
  );
  expect(() => tokenizer.decode([0], { group_tokens: false })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: decode: group_tokens is an option of Wav2Vec2CTCTokenizer and this is MarianTokenizer; leave it out.]`,
  );
  await expect(AutoTokenizer.from_pretrained(tiny, { separate_vocabs: true })).rejects.toThrow(/separate_vocabs: true/);
  await expect(AutoTokenizer.from_pretrained(tiny, { unk_token: '[UNK]' })).rejects.toThrow(/it has no "\[UNK\]"/);
});

test('text_target of other classes is encoded like a text, or refused where that would be wrong', async () => {
  const json = { pre_tokenizer: { type: 'Whitespace' }, model: { type: 'WordLevel', vocab: { a: 0, b: 1 }, unk_token: 'a' } };
  const folder = mkdtempSync(join(tmpdir(), 'qkv-marian-'));
  temporary.push(folder);
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(Tokenizer.fromJSON(json)));
  const plain = await AutoTokenizer.from_pretrained(folder);
  expect(plain('a b', { text_target: 'b a' }).labels).toEqual([1, 0]);
  expect(() => plain.decode([0], { use_source_tokenizer: true })).toThrow(/an option of MarianTokenizer/);
  const marian = await AutoTokenizer.from_pretrained(folder, { tokenizer_class: 'MarianTokenizer' });
  expect(() => marian('a', { text_target: 'b' })).toThrow(/source.spm, target.spm and vocab.json/);
  const nllb = await AutoTokenizer.from_pretrained(folder, { tokenizer_class: 'NllbTokenizerFast' });
  expect(() => nllb('a', { text_target: 'b' })).toThrow(/NllbTokenizerFast encodes text_target in another way/);
});

describe.skipIf(!haveRealModels)('with the shared tokenizers', () => {
  test('opus-mt-zh-en, whose models normalize', async () => {
    const folder = unpackedTokenizer('tok-opus-mt-zh-en');
    temporary.push(folder);
    expectAsInPython(await AutoTokenizer.from_pretrained(folder), golden['opus-mt-zh-en']);
  });
});
