import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  BPE,
  BpeTrainer,
  ByteLevel,
  byteLevelAlphabet,
  Metaspace,
  type Model,
  Tokenizer,
  type Trainer,
  Unigram,
  UnigramTrainer,
  Whitespace,
  WordLevel,
  WordLevelTrainer,
  WordPiece,
} from '../index.ts';
import type { TrainingProgress } from './trainer.ts';
import { compareCodePoints } from './wordlevel-trainer.ts';

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../test/golden/tokenizers/${name}`, import.meta.url), 'utf8')) as T;
}

const { corpus } = read<{ corpus: string[] }>('wordpiece-training.json');
const golden = read<{
  special_tokens: string[];
  runs: { kind: string; name: string; split: string; options: object; same: boolean; vocab: string[]; merges: string[][] }[];
}>('training.json');

const splits = { whitespace: () => Whitespace(), 'byte-level': () => ByteLevel(), metaspace: () => Metaspace() };
const kinds: Record<string, { model: () => Model; trainer: (options: object) => Trainer }> = {
  BPE: { model: () => new BPE(new Map(), []), trainer: (options) => new BpeTrainer(options) },
  WordLevel: { model: () => new WordLevel(new Map()), trainer: (options) => new WordLevelTrainer(options) },
  Unigram: { model: () => new Unigram([['<unk>', 0]]), trainer: (options) => new UnigramTrainer(options) },
};

const trained = async (kind: string, split: string, options: object, texts: Iterable<string> = corpus): Promise<Tokenizer> => {
  const { model, trainer } = kinds[kind]!;
  const tokenizer = new Tokenizer({ model: model(), pre_tokenizer: splits[split as keyof typeof splits]() });
  await tokenizer.train_from_iterator(texts, trainer(options));
  return tokenizer;
};

describe.each(golden.runs)('$kind: $name', ({ kind, split, options, same, vocab, merges }) => {
  test('trains from texts to a tokenizer that its own tokenizer.json gives again', async () => {
    const tokenizer = await trained(kind, split, { ...options, special_tokens: golden.special_tokens });
    const { model } = tokenizer;
    expect(model.vocab_size).toBe(vocab.length);
    if (same) expect([...model.get_vocab().keys()]).toEqual(vocab);
    if (same && model instanceof BPE) expect(model.merges).toEqual(merges);
    const again = Tokenizer.from_str(tokenizer.to_str());
    for (const text of ['kato mire, 강의를 했어요', '<pad>shu', corpus[0]!]) {
      // Without a piece for what it does not know, Unigram cannot spell everything.
      if (kind === 'Unigram' && !('unk_token' in options)) continue;
      expect(again.encode(text).tokens).toEqual(tokenizer.encode(text).tokens);
    }
    expect(tokenizer.encode('<pad>shu').tokens[0]).toBe('<pad>');
  });
});

test('texts may come some at a time', async () => {
  const options = { vocab_size: 60 };
  const expected = (await trained('BPE', 'whitespace', options)).to_str();
  const batches = [corpus.slice(0, 3), [], corpus.slice(3, 4), ...corpus.slice(4)];
  const later = async function* () {
    yield* batches;
  };
  for (const texts of [batches, later()]) {
    const seen: TrainingProgress[] = [];
    const tokenizer = new Tokenizer({ model: new BPE(new Map(), []), pre_tokenizer: Whitespace() });
    await tokenizer.train_from_iterator(texts, new BpeTrainer(options), { onProgress: (progress) => seen.push(progress) });
    expect(tokenizer.to_str()).toBe(expected);
    expect(seen[0]).toEqual({ stage: 'count words', done: corpus.length, total: corpus.length });
  }
});

test('byte-level BPE spells every text, whatever it was trained on', async () => {
  const tokenizer = await trained('BPE', 'byte-level', { vocab_size: 400, initial_alphabet: byteLevelAlphabet() });
  for (const text of ['한국어 텍스트 👩‍👩‍👧', 'ß\u0000\uffff', 'नमस्ते']) {
    expect(tokenizer.encode(text).length).toBeGreaterThan(0);
    expect(tokenizer.encode(text).ids.every((id) => id >= 0 && id < 400)).toBe(true);
  }
});

test('other fields of a BPE model are kept', async () => {
  const model = new BPE(new Map(), [], { unk_token: '<unk>', fuse_unk: true, dropout: 0.1, ignore_merges: true });
  const tokenizer = new Tokenizer({ model, pre_tokenizer: Whitespace() });
  await tokenizer.train_from_iterator(corpus, new BpeTrainer({ vocab_size: 200, end_of_word_suffix: '</w>' }));
  expect(tokenizer.model.toJSON()).toMatchObject({
    unk_token: '<unk>',
    fuse_unk: true,
    dropout: 0.1,
    ignore_merges: true,
    end_of_word_suffix: '</w>',
    continuing_subword_prefix: null,
  });
});

test('an unknown token of Unigram that is no special one comes first', async () => {
  const tokenizer = await trained('Unigram', 'metaspace', { vocab_size: 200, special_tokens: ['<s>'], unk_token: '<unk>' });
  const model = tokenizer.model as Unigram;
  expect(model.pieces.slice(0, 2)).toEqual([
    ['<unk>', 0],
    ['<s>', 0],
  ]);
  expect(model.unk_id).toBe(0);
  const scores = model.pieces.slice(2).map(([, score]) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => Number(b) - Number(a)));
  expect(tokenizer.encode('漢').tokens).toContain('漢');
  expect(tokenizer.encode('漢').ids).toContain(0);
});

test('WordLevel orders equally frequent words by code point, and a special token is no word', async () => {
  const tokenizer = await trained('WordLevel', 'whitespace', { special_tokens: ['b'] }, ['\ufb01 😀 b a a c', 'b c é']);
  expect([...tokenizer.model.get_vocab().keys()]).toEqual(['b', 'a', 'c', 'é', '\ufb01', '😀']);
  const words = ['a', '', 'ab', '\u{1f600}', '\uffee', '\u{1f601}', '가'];
  expect(words.toSorted(compareCodePoints)).toEqual(['', 'a', 'ab', '가', '\uffee', '\u{1f600}', '\u{1f601}']);
});

test.each(Object.keys(kinds))('%s reports its stages, leaves the event loop free, and stops when told', async (kind) => {
  const texts = Array.from({ length: 60 }, (_, round) => corpus.map((text) => text.replaceAll('a', `${round}`)).join(' '));
  const reports: TrainingProgress[] = [];
  const { model, trainer } = kinds[kind]!;
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const tokenizer = new Tokenizer({ model: model(), pre_tokenizer: Whitespace() });
  const options = { vocab_size: 1000, special_tokens: [] };
  await tokenizer.train_from_iterator(texts, trainer(options), { onProgress: (progress) => reports.push(progress) });
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(3);
  const stages = {
    BPE: ['count words', 'count pairs', 'merge pairs'],
    WordLevel: ['count words'],
    Unigram: ['count words', 'find substrings', 'estimate'],
  };
  expect([...new Set(reports.map(({ stage }) => stage))]).toEqual(stages[kind as keyof typeof stages]);
  for (const { done, total } of reports) expect(done).toBeLessThanOrEqual(total ?? Number.POSITIVE_INFINITY);
  expect(reports.at(-1)!.done).toBe(reports.at(-1)!.total);

  // Also in the middle of one long text.
  const signal = AbortSignal.timeout(1);
  const long = [texts.join(' ')];
  await expect(tokenizer.train_from_iterator(long, trainer(options), { signal })).rejects.toThrow('timeout');
});

test('a trainer for another model, or without room, says so', async () => {
  const message = async (work: Promise<unknown>) => work.then(() => 'no error', String);
  const wordPiece = () => new Tokenizer({ model: new WordPiece(new Map()) });
  expect(await message(wordPiece().train_from_iterator([], new BpeTrainer()))).toMatchInlineSnapshot(
    `"ConfigError: BpeTrainer: the tokenizer's model is WordPiece; a BPE model is needed."`,
  );
  expect(await message(wordPiece().train_from_iterator([], new UnigramTrainer()))).toMatchInlineSnapshot(
    `"ConfigError: UnigramTrainer: the tokenizer's model is WordPiece; a Unigram model is needed."`,
  );
  expect(await message(wordPiece().train_from_iterator([], new WordLevelTrainer()))).toMatchInlineSnapshot(
    `"ConfigError: WordLevelTrainer: the tokenizer's model is WordPiece; a WordLevel model is needed."`,
  );
  expect(await message(trained('Unigram', 'metaspace', { vocab_size: 10 }))).toMatchInlineSnapshot(
    `"ConfigError: UnigramTrainer: the texts have 62 different characters and vocab_size leaves room for 10 pieces; give a larger vocab_size."`,
  );
  expect(() => new UnigramTrainer({ shrinking_factor: 1 })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: UnigramTrainer: shrinking_factor is 1; a number of more than 0 and less than 1 is needed.]`,
  );
  expect(() => new BpeTrainer({ max_token_length: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: BpeTrainer: max_token_length is 0; a whole number of at least 1 is needed.]`,
  );
});
