import { describe, expect, test } from 'vitest';
import { Dataset } from './dataset.ts';
import { contentKey, hash53, joinPairs, nearPairs } from './near-copies.ts';
import { splitByContent } from './split-by-content.ts';

/** Sentences of made-up words, the same for the same number. */
function sentence(number: number, words = 30): string {
  return Array.from({ length: words }, (_, i) => `w${(hash53(`${number} ${i}`) % 5000).toString(36)}`)
    .map((word) => word.replace(/\d/g, 'x'))
    .join(' ');
}

describe('content', () => {
  test('a key leaves out case, punctuation, white space and the digits’ values', () => {
    expect(contentKey('  Win $1,000 NOW!!\n')).toBe(contentKey('win 9 999 now'));
    expect(contentKey('정말 재밌다!!')).toBe('정말 재밌다');
    expect(contentKey('ＡＢＣ')).toBe('abc');
    expect(contentKey('^^')).not.toBe(contentKey('!!!'));
  });

  test('hashes are these on every machine', () => {
    expect([hash53(''), hash53('ham'), hash53('스팸'), hash53('ham', 1)]).toMatchInlineSnapshot(`
      [
        3338908027751811,
        4285110423665196,
        4960109462536137,
        4891545453249318,
      ]
    `);
  });

  test('near pairs are found with their exact similarity, far ones not', async () => {
    const texts = Array.from({ length: 300 }, (_, i) => sentence(i));
    const words = texts[7]!.split(' ');
    texts.push([...words.slice(0, 29), 'changed'].join(' ')); // 27 of 28 shingles, of 29 in all
    texts.push([...words.slice(0, 10), ...sentence(999, 20).split(' ')].join(' ')); // 8 shingles shared of 48
    const pairs = await nearPairs(texts, 0.5);
    expect(pairs).toEqual([{ a: 7, b: 300, similarity: 27 / 29 }]);
    expect(await nearPairs(texts, 0.95)).toEqual([]);
  });

  test('pairs at half similarity are found nearly always', async () => {
    const texts: string[] = [];
    for (let i = 0; i < 100; i++) {
      const [own, other] = [sentence(i, 62).split(' '), sentence(1000 + i, 20).split(' ')];
      texts.push(own.join(' '), [...own.slice(0, 42), ...other].join(' '));
    }
    const found = await nearPairs(texts, 0.4);
    expect(found.length).toBeGreaterThan(90);
    for (const { similarity } of found) expect(similarity).toBeCloseTo(0.5, 1);
  });

  test('pairs join into groups', () => {
    const pairs = [
      { a: 4, b: 2 },
      { a: 2, b: 5 },
      { a: 0, b: 1 },
    ];
    expect([...joinPairs(6, pairs)]).toEqual([0, 0, 2, 3, 2, 2]);
  });
});

describe('splitByContent', () => {
  const texts = Array.from({ length: 2000 }, (_, i) => sentence(i));
  const data = Dataset.from_dict({ text: texts, n: texts.map((_, i) => i) });

  test('shares are about met, no row is lost, and the order of rows has no say', async () => {
    const splits = await splitByContent(data, { columns: 'text' });
    const { train, validation, test: held } = splits;
    expect(train.length + validation.length + held.length).toBe(2000);
    expect(Math.abs(train.length - 1600)).toBeLessThan(60);
    expect(Math.abs(held.length - 200)).toBeLessThan(45);
    const shuffled = await splitByContent(data.shuffle({ seed: 5 }), { columns: 'text' });
    expect([...shuffled.test.column('n')].sort((a, b) => a - b)).toEqual([...held.column('n')]);
    const first = await splitByContent(data.select(Array.from({ length: 1000 }, (_, i) => i)), { columns: 'text' });
    expect([...first.test.column('n')]).toEqual([...held.column('n')].filter((n) => n < 1000));
    const other = await splitByContent(data, { columns: 'text', seed: 1 });
    expect([...other.test.column('n')]).not.toEqual([...held.column('n')]);
  });

  test('copies and near copies never straddle', async () => {
    const copies = texts.slice(0, 300).flatMap((text) => [text, `  ${text.toUpperCase()}!`, `${text} unsubscribe`]);
    const { train, validation, test: held } = await splitByContent(Dataset.from_dict({ text: copies }), { columns: ['text'] });
    const kinds = [train, validation, held].map((part) =>
      [...part.column('text')].map((text) => contentKey(text).slice(0, 60)),
    );
    for (const kind of kinds) expect(kind.length).toBeGreaterThan(0);
    const [a, b, c] = kinds.map((kind) => new Set(kind));
    expect(a!.size + b!.size + c!.size).toBe(300);
    const exactOnly = await splitByContent(Dataset.from_dict({ text: copies }), { columns: 'text', nearCopies: false });
    const sets = exactOnly
      .entries()
      .map(([, part]) => new Set([...part.column('text')].map((text) => contentKey(text).slice(0, 60))));
    expect(sets.reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(300);
  });

  test('large groups go to every split alike', async () => {
    const grouped = texts.slice(0, 400).flatMap((text) => [1, 2, 3, 4, 5].map((i) => `${text} ${'abcde'[i - 1]}`));
    const { train } = await splitByContent(Dataset.from_dict({ text: grouped }), { columns: 'text' });
    expect(Math.abs(train.length / 2000 - 0.8)).toBeLessThan(0.06);
  });

  test('a small file still gets every split; one with too few texts is refused', async () => {
    for (let size = 3; size < 12; size++) {
      const small = data.select(Array.from({ length: size }, (_, i) => i));
      const { num_rows } = await splitByContent(small, { columns: 'text' });
      expect(Math.min(...Object.values(num_rows))).toBeGreaterThan(0);
    }
    const two = Dataset.from_dict({ text: ['a', 'A', 'b'] });
    await expect(splitByContent(two, { columns: 'text' })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: splitByContent: the rows hold 2 different texts; 3 splits (train, validation, test) need at least 3; add rows or give a test file.]`,
    );
    expect((await splitByContent(two, { columns: 'text', fractions: { train: 0.5, test: 0.5 } })).num_rows).toEqual({
      train: expect.any(Number),
      test: expect.any(Number),
    });
    await expect(
      splitByContent(two, { columns: 'text', fractions: { train: 0.5, test: 0.6 } }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: splitByContent: fractions are {"train":0.5,"test":0.6}; shares above 0 that add up to 1 are needed.]`,
    );
    await expect(splitByContent(two, { columns: 'txt' })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: splitByContent: there is no column txt; the columns are text. Did you mean text?]`,
    );
  });
});
