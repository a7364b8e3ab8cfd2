import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BertNormalizer, BertPreTokenizer, Tokenizer, trainWordPiece, WordPiece, WordPieceTrainer } from '../index.ts';
import { countWords, Pace, type TrainingProgress } from './trainer.ts';
import type { WordPieceTrainerOptions } from './wordpiece-trainer.ts';

interface Golden {
  special_tokens: string[];
  corpus: string[];
  runs: { name: string; options: WordPieceTrainerOptions; vocab: string[] }[];
}

const path = new URL('../../../test/golden/tokenizers/wordpiece-training.json', import.meta.url);
const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden;

function untrained(): Tokenizer {
  const parts = { normalizer: BertNormalizer(), pre_tokenizer: BertPreTokenizer() };
  return new Tokenizer({ ...parts, model: new WordPiece(new Map()) });
}

async function vocabularyOf(
  texts: Iterable<string> | AsyncIterable<string>,
  options: WordPieceTrainerOptions,
): Promise<string[]> {
  const tokenizer = untrained();
  await tokenizer.train_from_iterator(texts, new WordPieceTrainer(options));
  return [...tokenizer.model.get_vocab().keys()];
}

describe.each(golden.runs)('a vocabulary like that of the Rust library: $name', ({ options, vocab }) => {
  const { special_tokens } = golden;
  const prefix = options.continuing_subword_prefix ?? '##';
  const isInside = (token: string) => token.startsWith(prefix) && [...token.slice(prefix.length)].length === 1;

  test('token for token, once the prefixed characters have the order of that run', async () => {
    const tokenizer = untrained();
    const words = await countWords('test', golden.corpus, tokenizer.splitter(), new Pace('test', {}));
    const trainer = new WordPieceTrainer({ ...options, special_tokens });
    const place = new Map(vocab.map((token, id) => [token, id]));
    const start = trainer.startOf(words, (a, b) => place.get(a)! - place.get(b)!);
    const stages = new Set<string>();
    for (const { stage } of trainer.merge(start)) stages.add(stage);
    expect(start.tokens).toEqual(vocab);
    expect(stages).toContain('merge pairs');
  });

  test('in code point order where that run was arbitrary', async () => {
    const ours = await vocabularyOf(golden.corpus, { ...options, special_tokens });
    expect(ours.length).toBe(vocab.length);
    const inside = ours.filter(isInside).slice(0, vocab.filter(isInside).length);
    expect(inside).toEqual(
      vocab.filter(isInside).sort((a, b) => a.codePointAt(prefix.length)! - b.codePointAt(prefix.length)!),
    );
    const first = vocab.findIndex(isInside);
    expect(ours.slice(0, first)).toEqual(vocab.slice(0, first));
  });
});

test('the order of the texts makes no difference', async () => {
  const forwards = await vocabularyOf(golden.corpus, { vocab_size: 600 });
  expect(await vocabularyOf(golden.corpus.toReversed(), { vocab_size: 600 })).toEqual(forwards);
});

test('reads texts as they arrive, reports its stages, and leaves the event loop free', async () => {
  async function* arriving() {
    for (let round = 0; round < 20; round++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      yield golden.corpus.map((text) => text.replaceAll('a', `${round % 10}`)).join(' ');
    }
  }
  const reports: TrainingProgress[] = [];
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const tokenizer = await trainWordPiece(arriving(), { vocab_size: 2000, onProgress: (progress) => reports.push(progress) });
  clearInterval(timer);
  expect(tokenizer.vocab_size).toBe(2000);
  expect([...new Set(reports.map(({ stage }) => stage))]).toEqual(['count words', 'count pairs', 'merge pairs']);
  expect(reports.at(-1)).toEqual({ stage: 'merge pairs', done: 2000, total: 2000 });
  expect(reports.find(({ total }) => total === 20)).toEqual({ stage: 'count words', done: 20, total: 20 });
  expect(ticks).toBeGreaterThan(5);
});

test('stops when its signal says so', async () => {
  const controller = new AbortController();
  function* texts() {
    for (let i = 0; ; i++) {
      if (i === 1000) controller.abort(new Error('enough'));
      yield golden.corpus[i % golden.corpus.length]!;
    }
  }
  await expect(trainWordPiece(texts(), { signal: controller.signal })).rejects.toThrow('enough');
  await expect(trainWordPiece([], { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
});

test('a trained tokenizer is ready to use', async () => {
  const tokenizer = await trainWordPiece(golden.corpus, { vocab_size: 500, do_lower_case: false, model_max_length: 16 });
  expect(tokenizer.all_special_tokens.sort()).toEqual(['[CLS]', '[MASK]', '[PAD]', '[SEP]', '[UNK]']);
  expect(tokenizer.pad_token_id).toBe(0);
  const { input_ids } = tokenizer(golden.corpus, { truncation: true, padding: true });
  expect(new Set(input_ids.map((ids) => ids.length))).toEqual(new Set([16]));
  expect(tokenizer.decode(tokenizer.encode('kato 강의'), { skip_special_tokens: true })).toBe('kato 강의');
});

test('no texts give the special tokens and the initial alphabet', async () => {
  expect(await vocabularyOf([], { special_tokens: ['[UNK]'], initial_alphabet: ['b', 'a', ''] })).toEqual(['[UNK]', 'a', 'b']);
});

test('refuses options that are none', async () => {
  const message = (options: object) => {
    try {
      new WordPieceTrainer(options);
    } catch (error) {
      return String(error);
    }
    return 'no error';
  };
  expect(message({ vocabsize: 10 })).toMatchInlineSnapshot(
    `"ConfigError: WordPieceTrainer: there is no option vocabsize; did you mean vocab_size?"`,
  );
  expect(message({ vocab_size: -1 })).toMatchInlineSnapshot(
    `"ConfigError: WordPieceTrainer: vocab_size is -1; a whole number of at least 0 is needed."`,
  );
  expect(message({ end_of_word_suffix: '</w>' })).toMatchInlineSnapshot(
    `"ConfigError: WordPieceTrainer: there is no option end_of_word_suffix; the options are vocab_size, special_tokens, show_progress, initial_alphabet, min_frequency, limit_alphabet, continuing_subword_prefix, score."`,
  );
});
