import { expect, test } from 'vitest';
import { randomNumbers } from '../../../test/support/random-numbers.ts';
import { WordPiece } from './wordpiece.ts';

/** The definition: the longest token that a word starts with, then the longest that continues it. */
function spelled(vocab: ReadonlyMap<string, number>, prefix: string, word: string): number[] {
  const ids: number[] = [];
  for (let from = 0; from < word.length; ) {
    let to = word.length;
    while (to > from && !vocab.has((from === 0 ? '' : prefix) + word.slice(from, to))) to--;
    if (to === from) return [vocab.get('[UNK]')!];
    ids.push(vocab.get((from === 0 ? '' : prefix) + word.slice(from, to))!);
    from = to;
  }
  return ids;
}

const long = 'ab'.repeat(20);
test.each([
  ['short tokens', '##', []],
  ['short tokens without a prefix', '', []],
  ['long tokens', '##', [long, `##${long}`]],
] as const)('spells words as the definition does: %s', (_, prefix, more) => {
  const random = randomNumbers(11);
  const letters = ['a', 'b', 'c', '#', '가', '나', '\ud83d', '\ude00'];
  const word = (most: number) =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () => letters[Math.floor(random() * letters.length)]).join('');
  for (let round = 0; round < 20; round++) {
    const tokens = new Set(['[UNK]', ...more, '##', ...letters.slice(round % 3), ...letters.slice(1).map((x) => prefix + x)]);
    for (let i = 0; i < 200; i++) tokens.add((random() < 0.5 ? prefix : '') + word(4));
    const vocab = new Map([...tokens].map((token, id) => [token, id]));
    const model = new WordPiece(vocab, { continuing_subword_prefix: prefix });
    for (let i = 0; i < 200; i++) {
      const text = i % 20 === 0 ? long + word(3) : word(12);
      const units = Uint16Array.from({ length: text.length + 2 }, (_, at) => text.charCodeAt(at - 1));
      const ids: number[] = [];
      let at = 1;
      model.tokenize(units, 1, text.length + 1, {
        add: (id, start, end) => {
          expect(start).toBe(at);
          at = end;
          ids.push(id);
        },
        addSpelled: () => expect.unreachable(),
      });
      expect(ids, text).toEqual(spelled(vocab, prefix, text));
      expect(at).toBe(text.length + 1);
    }
  }
});
