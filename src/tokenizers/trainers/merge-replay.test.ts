import { expect, test } from 'vitest';
import { BertPreTokenizer, readableToken, replayTokenizer, Tokenizer, WordPiece, WordPieceTrainer } from '../index.ts';
import { replayTraining } from './merge-replay.ts';

const texts = ['hug hug hug pug', 'hugs pun 강의 강의실'];

function untrained(): Tokenizer {
  return new Tokenizer({ model: new WordPiece(new Map()), pre_tokenizer: BertPreTokenizer() });
}

test.each(['frequency', 'likelihood'] as const)('a replay by %s is the training, merge by merge', async (score) => {
  const trainer = new WordPieceTrainer({ vocab_size: 25, special_tokens: ['[UNK]'], score });
  const replay = await replayTraining(untrained(), texts, trainer);
  const tokenizer = untrained();
  await tokenizer.train_from_iterator(texts, trainer);
  const tokens = replay.alphabet;
  for (const { token, id, pair, words } of replay) {
    if (id === tokens.length) tokens.push(token);
    expect(tokens[id]).toBe(token);
    expect(token).toBe(pair[0] + pair[1].slice(2));
    for (const { word, before, after } of words) {
      expect(before.map((piece) => piece.replace('##', '')).join('')).toBe(word);
      expect(after.map((piece) => piece.replace('##', '')).join('')).toBe(word);
      expect(after).toContain(token);
      expect(after.length).toBeLessThan(before.length);
    }
  }
  expect(tokens).toEqual([...tokenizer.model.get_vocab().keys()]);
});

test('a step says which pair, how often, and what it changes in which words', async () => {
  const replay = await replayTraining(untrained(), texts, new WordPieceTrainer({ vocab_size: 100 }));
  const [first, second] = replay;
  expect(first).toEqual({
    number: 1,
    pair: ['##u', '##g'],
    token: '##ug',
    id: 15,
    text: '##ug',
    count: 5,
    score: 5,
    words: [
      { word: 'hug', count: 3, before: ['h', '##u', '##g'], after: ['h', '##ug'] },
      { word: 'pug', count: 1, before: ['p', '##u', '##g'], after: ['p', '##ug'] },
      { word: 'hugs', count: 1, before: ['h', '##u', '##g', '##s'], after: ['h', '##ug', '##s'] },
    ],
  });
  expect(second).toMatchObject({ number: 2, pair: ['h', '##ug'], count: 4 });
  // Leaving it halfway leaves nothing behind: it starts anew each time.
  expect([...replay][0]).toEqual(first);
  expect([...replay].at(-1)!.words.length).toBeGreaterThan(0);
});

test('byte-level tokens of Korean are read as the text that they spell', async () => {
  const replay = await replayTokenizer('byte-level-bpe', ['안녕 안녕 안안'], { vocab_size: 1000 });
  const steps = [...replay].map(({ pair, text, words }) => ({ pair: pair.map(replay.readable, replay), text, words }));
  expect(steps.slice(0, 3).map(({ pair, text }) => [...pair, text])).toEqual([
    ['<0xEC>', '<0x95>', '<0xEC><0x95>'],
    ['<0xEC><0x95>', '<0x88>', '안'],
    ['<0xEB>', '<0x85>', '<0xEB><0x85>'],
  ]);
  expect(steps[1]!.words[0]).toEqual({
    word: '안녕',
    count: 1,
    before: ['ìķ', 'Ī', 'ë', 'ħ', 'ķ'],
    after: ['ìķĪ', 'ë', 'ħ', 'ķ'],
  });
  expect(steps.map(({ text }) => text)).toContain('안녕');
  expect([...replay.words.keys()]).toEqual(['ìķĪëħķ', 'ĠìķĪëħķ', 'ĠìķĪìķĪ']);
});

test('a readable token', () => {
  for (const [token, text] of [
    ['ìķĪ', '안'],
    ['ìķ', '<0xEC><0x95>'],
    ['ĪëħķĠ', '<0x88>녕 '],
    ['ðŁĺĢ', '😀'],
    ['ðŁĺ', '<0xF0><0x9F><0x98>'],
    // Neither a longer form than needed nor half a surrogate pair is a character.
    ['ÀĢ', '<0xC0><0x80>'],
    ['íłĢ', '<0xED><0xA0><0x80>'],
    ['hello', 'hello'],
    ['<pad>한', '<pad>한'],
    ['', ''],
  ]) {
    expect(readableToken(token!, true)).toBe(text);
  }
  for (const [token, text] of [
    ['##\u11ab', '##ㄴ'],
    ['\u110b\u1161\u11ab', '안'],
    ['\u110b', 'ㅇ'],
    ['\u1161\u11ab', 'ㅏㄴ'],
    ['\u110b\u1161\u11ab\u1102', '안ㄴ'],
    ['ìķĪ', 'ìķĪ'],
  ]) {
    expect(readableToken(token!, false)).toBe(text);
  }
});

test('only kinds that join pairs can be watched', async () => {
  const message = (kind: string, options: object = {}) =>
    replayTokenizer(kind as 'bpe', ['a'], options).then(() => 'no error', String);
  expect(await message('unigram')).toMatchInlineSnapshot(
    `"ConfigError: replayTokenizer: the kind is "unigram"; one that joins pairs is needed: bpe, byte-level-bpe, wordpiece."`,
  );
  expect(await message('bpe', { score: 'likelihood' })).toMatchInlineSnapshot(
    `"ConfigError: replayTokenizer: score is for wordpiece; leave it out for bpe."`,
  );
});
