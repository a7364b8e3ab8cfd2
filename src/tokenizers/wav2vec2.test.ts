import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { AutoTokenizer, type PreTrainedTokenizerFast, type TokenizerConfig } from './index.ts';

interface Case {
  vocab: object;
  config: TokenizerConfig;
  vocab_size: number;
  total: number;
  special: string[];
  tokens: string[][];
  encoded: { input_ids: number[][]; attention_mask: number[][] };
  labels: number[][];
  frames: number[][];
  'frame tokens': string[][];
  decoded: string[];
  skipped: string[];
  ungrouped: string[];
}

const path = new URL('../../test/golden/tokenizers/wav2vec2.json', import.meta.url);
const { texts, cases } = JSON.parse(readFileSync(path, 'utf8')) as { texts: string[]; cases: Record<string, Case> };
const temporary: string[] = [];

afterAll(() => {
  for (const folder of temporary) rmSync(folder, { recursive: true });
});

function folderOf(files: Record<string, object>): string {
  const folder = mkdtempSync(join(tmpdir(), 'qkv-wav2vec2-'));
  temporary.push(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
  return folder;
}

function expectAsInPython(tokenizer: PreTrainedTokenizerFast, expected: Case): void {
  const { frames } = expected;
  expect(tokenizer.vocab_size).toBe(expected.vocab_size);
  expect(tokenizer.total_vocab_size).toBe(expected.total);
  expect(tokenizer.all_special_tokens.toSorted()).toEqual(expected.special.toSorted());
  const encoded = tokenizer(texts, { padding: true });
  expect(texts.map((text, i) => [text, encoded.input_ids[i]])).toEqual(
    texts.map((text, i) => [text, expected.encoded.input_ids[i]]),
  );
  expect({ ...encoded }).toEqual(expected.encoded);
  expect(tokenizer(texts, { text_target: texts }).labels).toEqual(expected.labels);
  expect(frames.slice(3).map((row) => tokenizer.convert_ids_to_tokens(row, { skip_special_tokens: true }))).toEqual(
    expected['frame tokens'],
  );
  expect(tokenizer.batch_decode(frames)).toEqual(expected.decoded);
  expect(tokenizer.batch_decode(frames, { skip_special_tokens: true })).toEqual(expected.skipped);
  expect(tokenizer.batch_decode(frames, { group_tokens: false })).toEqual(expected.ungrouped);
}

describe.each(Object.entries(cases))('%s', (_name, expected) => {
  const config = { ...expected.config, tokenizer_class: 'Wav2Vec2CTCTokenizer' };

  test('texts and frames as in Python', async () => {
    const folder = folderOf({ 'vocab.json': expected.vocab, 'tokenizer_config.json': config });
    const tokenizer = await AutoTokenizer.from_pretrained(folder);
    expectAsInPython(tokenizer, expected);
    const saved = join(folder, 'saved');
    await tokenizer.save_pretrained(saved);
    expect(readdirSync(saved).sort()).toEqual(['special_tokens_map.json', 'tokenizer_config.json', 'vocab.json']);
    expect(JSON.parse(readFileSync(join(saved, 'vocab.json'), 'utf8'))).toEqual(expected.vocab);
    expectAsInPython(await AutoTokenizer.from_pretrained(saved), expected);
  });
});

test('the class comes from the model', async () => {
  const folder = folderOf({ 'vocab.json': cases.letters!.vocab, 'config.json': { model_type: 'wav2vec2' } });
  const tokenizer = await AutoTokenizer.from_pretrained(folder, { do_lower_case: true });
  expectAsInPython(tokenizer, cases.letters!);
  expect(tokenizer.convert_tokens_to_string(['H', 'H', '<pad>', 'I', '|', '|', 'I'])).toBe('hi i');
});

test('offsets are those of the text that was given, also where a capital is longer', async () => {
  const folder = folderOf({ 'vocab.json': cases.letters!.vocab, 'config.json': { model_type: 'wav2vec2' } });
  const tokenizer = await AutoTokenizer.from_pretrained(folder, { do_lower_case: true });
  const { offset_mapping } = tokenizer('aß b', { return_offsets_mapping: true });
  expect(offset_mapping).toEqual([
    [0, 1],
    [1, 2],
    [1, 2],
    [2, 3],
    [3, 4],
  ]);
});

test('refuses what it cannot do, and says what to do', async () => {
  const folder = folderOf({ 'vocab.json': cases['two languages']!.vocab, 'config.json': { model_type: 'wav2vec2' } });
  const message = (promise: Promise<unknown>) => promise.then(String, (error) => String(error).replaceAll(folder, 'FOLDER'));
  expect(await message(AutoTokenizer.from_pretrained(folder))).toMatchInlineSnapshot(
    `"ConfigError: FOLDER/vocab.json: the id of "eng" is {"<pad>":0,"<s>":1,"</s>":2,"<unk>":3,"|":4,"a":5,"b":6,"...; a whole number from 0 is needed."`,
  );
  expect(await message(AutoTokenizer.from_pretrained(folder, { target_lang: 'fra' }))).toMatchInlineSnapshot(
    `"ConfigError: FOLDER/vocab.json: it has no language "fra", which target_lang asks for; it has eng, kor."`,
  );
  const tokenizer = await AutoTokenizer.from_pretrained(folder, { target_lang: 'eng' });
  expect(() => tokenizer(['a', 'b'], { is_split_into_words: true })).toThrowErrorMatchingInlineSnapshot(
    `[UnsupportedError: tokenizer: Wav2Vec2CTCTokenizer takes whole texts, and is_split_into_words is true; join the words with spaces.]`,
  );
  expect(() => tokenizer.decode([5], { use_source_tokenizer: true })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: decode: use_source_tokenizer is an option of MarianTokenizer and this is Wav2Vec2CTCTokenizer; leave it out.]`,
  );
});
