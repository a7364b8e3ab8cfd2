import { describe, expect, test } from 'vitest';
import {
  BPE,
  BpeTrainer,
  Tokenizer,
  type Trainer,
  trainTokenizer,
  trainWordPiece,
  Unigram,
  UnigramTrainer,
  WordLevel,
  WordLevelTrainer,
  WordPiece,
  WordPieceTrainer,
} from '../index.ts';

const trainers = {
  BpeTrainer: { make: (options: object) => new BpeTrainer(options), model: () => new BPE(new Map(), []) },
  WordPieceTrainer: { make: (options: object) => new WordPieceTrainer(options), model: () => new WordPiece(new Map()) },
  WordLevelTrainer: { make: (options: object) => new WordLevelTrainer(options), model: () => new WordLevel(new Map()) },
  UnigramTrainer: { make: (options: object) => new UnigramTrainer(options), model: () => new Unigram([['<unk>', 0]]) },
};

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return String(error);
  }
  return 'no error';
}

describe.each(Object.entries(trainers))('%s', (name, { make, model }) => {
  const wrong: [options: unknown, message: string][] = [
    [{ vocabsize: 10 }, 'there is no option vocabsize; did you mean vocab_size?'],
    [{ special_token: ['a'] }, 'there is no option special_token; did you mean special_tokens?'],
    [{ vocab_size: '10' }, "vocab_size is '10'; a whole number of at least LEAST is needed."],
    [{ vocab_size: -1 }, 'vocab_size is -1; a whole number of at least LEAST is needed.'],
    [{ vocab_size: 1.5 }, 'vocab_size is 1.5; a whole number of at least LEAST is needed.'],
    [{ special_tokens: '<pad>' }, "special_tokens is '<pad>'; a list is needed."],
    [{ special_tokens: ['<pad>', 3] }, 'special_tokens is 3; a string is needed.'],
    [{ show_progress: 1 }, 'show_progress is 1; true or false is needed.'],
    [30000, 'the options are 30000; an object with values by name is needed.'],
    [null, 'the options are null; an object with values by name is needed.'],
  ];
  test.each(wrong)('%j: %s', (options, message) => {
    const least = name === 'UnigramTrainer' ? '1' : '0';
    expect(messageOf(() => make(options as object))).toBe(`ConfigError: ${name}: ${message.replace('LEAST', least)}`);
  });

  const message = (texts: unknown, options: unknown = {}, kind: () => Tokenizer['model'] = model) =>
    new Tokenizer({ model: kind() })
      .train_from_iterator(texts as string[], make({}) as Trainer, options as object)
      .then(() => 'no error', String);

  test('refuses what is no text and no option, in the same words', async () => {
    expect(await message('a text')).toBe(
      `ConfigError: ${name}: texts is 'a text'; a list of strings, or something that gives them one by one, is needed.`,
    );
    expect(await message(undefined)).toBe(
      `ConfigError: ${name}: texts is undefined; a list of strings, or something that gives them one by one, is needed.`,
    );
    expect(await message(['a', { document: 'b' }])).toBe(
      `DataError: ${name}: text 1 is an object (document); a string is needed.`,
    );
    expect(await message(['a'], { onprogress: () => {} })).toBe(
      `ConfigError: ${name}: there is no option onprogress; did you mean onProgress?`,
    );
    expect(await message(['a'], { onProgress: true })).toBe(`ConfigError: ${name}: onProgress is true; a function is needed.`);
    expect(await message(['a'], { signal: new AbortController() })).toBe(
      `ConfigError: ${name}: signal is an object (); an AbortSignal is needed.`,
    );
    const other = name === 'BpeTrainer' ? trainers.WordPieceTrainer.model : trainers.BpeTrainer.model;
    expect(await message(['a'], {}, other)).toBe(
      `ConfigError: ${name}: the tokenizer's model is ${other().type}; a ${model().type} model is needed.`,
    );
  });

  test('stops while the next text is long in coming, and leaves the source', async () => {
    let left = false;
    const stuck: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          left = true;
          return { done: true as const, value: undefined };
        },
      }),
    };
    const tokenizer = new Tokenizer({ model: model() });
    const controller = new AbortController();
    const training = tokenizer.train_from_iterator(stuck, make({}) as Trainer, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 5);
    await expect(training).rejects.toThrow('enough');
    expect(left).toBe(true);
  });
});

test('the functions that train refuse in the same words', async () => {
  const message = (work: Promise<unknown>) => work.then(() => 'no error', String);
  for (const [name, train] of [
    ['trainTokenizer', (options: object) => trainTokenizer('bpe', ['a'], options)],
    ['trainWordPiece', (options: object) => trainWordPiece(['a'], options)],
  ] as const) {
    expect(await message(train({ onprogress: 1 }))).toBe(
      `ConfigError: ${name}: there is no option onprogress; did you mean onProgress?`,
    );
    expect(await message(train({ vocabsize: 1 }))).toBe(
      `ConfigError: ${name}: there is no option vocabsize; did you mean vocab_size?`,
    );
  }
});
