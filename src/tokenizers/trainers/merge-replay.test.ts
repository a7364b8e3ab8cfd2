import { expect, test } from 'vitest';
import { BertPreTokenizer, Tokenizer, WordPiece, WordPieceTrainer } from '../index.ts';
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
