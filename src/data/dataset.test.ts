import { describe, expect, expectTypeOf, test } from 'vitest';
import { concatenate_datasets, Dataset } from './dataset.ts';
import { DatasetDict } from './dataset-dict.ts';
import { ClassLabel, Value } from './features.ts';

const fruit = () =>
  Dataset.from_dict({ text: ['apple', 'pear', 'plum', 'fig'], label: ['a', 'b', 'a', 'b'], size: [3, 2.5, 1, 4] });
const numbers = (count: number) => Dataset.from_dict({ n: Array.from({ length: count }, (_, i) => i) });
const message = (run: () => unknown) => {
  try {
    run();
    return 'no error';
  } catch (error) {
    return String(error);
  }
};

describe('a table', () => {
  test('rows, columns, types', () => {
    const data = fruit();
    expect([data.length, data.num_rows, data.column_names]).toEqual([4, 4, ['text', 'label', 'size']]);
    expect(data.at(1)).toEqual({ text: 'pear', label: 'b', size: 2.5 });
    expect(data.at(-1).text).toBe('fig');
    expect([...data.column('label')]).toEqual(['a', 'b', 'a', 'b']);
    expect(data.unique('label')).toEqual(['a', 'b']);
    expect(data.features).toEqual({ text: Value('string'), label: Value('string'), size: Value('float64') });
    expect([...data].map((row) => row.size)).toEqual([3, 2.5, 1, 4]);
    expect(Dataset.from_list(data.to_list()).to_dict()).toEqual(data.to_dict());
    expectTypeOf(data.at(0).size).toEqualTypeOf<number>();
  });

  test('types of lists, typed arrays, objects and missing values', () => {
    const data = Dataset.from_list([
      { ids: [], mask: new Uint8Array([1]), answer: { start: [3] }, when: null, big: 1n },
      { ids: [1, 2], mask: new Uint8Array([1, 0]), answer: { start: [4], text: 'x' }, when: true, big: 2n },
    ]);
    expect(data.features).toEqual({
      ids: { _type: 'List', feature: Value('int64') },
      mask: { _type: 'List', feature: Value('int64') },
      answer: { start: { _type: 'List', feature: Value('int64') }, text: Value('string') },
      when: Value('bool'),
      big: Value('int64'),
    });
  });

  test('columns whose names look like numbers keep their place', () => {
    const data = fruit().rename_column('size', '7');
    expect(data.column_names).toEqual(['text', 'label', '7']);
    expect(data.select([0]).column_names).toEqual(['text', 'label', '7']);
  });

  test('what cannot be a table is refused', () => {
    expect(message(() => Dataset.from_dict({ a: [1, 2], b: [1] }))).toMatchInlineSnapshot(
      `"DataError: Dataset: column b has 1 values and a has 2; all columns must be of one length."`,
    );
    expect(message(() => Dataset.from_dict({ a: [1, 'x'] }).features)).toMatchInlineSnapshot(
      `"DataError: Dataset: a is int64 in row 0 and string in row 1; all values of a column must be of one kind."`,
    );
    expect(message(() => fruit().at(4))).toMatchInlineSnapshot(`"DataError: Dataset: there is no row 4; there are 4."`);
    expect(message(() => fruit().column('lable' as 'label'))).toMatchInlineSnapshot(
      `"DataError: Dataset: there is no column lable; the columns are text, label, size. Did you mean label?"`,
    );
    expect(message(() => fruit().select([0, 9]))).toMatchInlineSnapshot(
      `"DataError: Dataset.select: there is no row 9; there are 4."`,
    );
  });
});

describe('map', () => {
  test('adds and replaces columns, row by row, also asynchronously', async () => {
    const data = await fruit().map(async (row) => ({ text: row.text.toUpperCase(), length: row.text.length }));
    expect(data.column_names).toEqual(['text', 'label', 'size', 'length']);
    expect(data.at(0)).toEqual({ text: 'APPLE', label: 'a', size: 3, length: 5 });
    expectTypeOf(data.at(0).length).toEqualTypeOf<number>();
  });

  test('batched: columns in, columns out, and any number of rows once the old columns go', async () => {
    const sizes: number[] = [];
    const letters = await fruit().map(
      ({ text }, rows) => {
        sizes.push(text.length);
        return { letter: text.flatMap((word) => [...word]), word: text.flatMap((word, i) => [...word].map(() => rows[i])) };
      },
      { batched: true, batch_size: 3, with_indices: true, remove_columns: ['text', 'label', 'size'] },
    );
    expect(sizes).toEqual([3, 1]);
    expect([...letters.column('letter')].join('')).toBe('applepearplumfig');
    expect(letters.at(-1)).toEqual({ letter: 'g', word: 3 });
  });

  test('a function that gives nothing leaves the dataset as it is', async () => {
    const seen: string[] = [];
    const data = await fruit().map((row) => {
      seen.push(row.text);
      return undefined;
    });
    expect(seen.length).toBe(4);
    expect(data.to_dict()).toEqual(fruit().to_dict());
  });

  test('class names stay while the column holds class numbers', async () => {
    const data = fruit().class_encode_column('label');
    const same = await data.map((row) => ({ label: 1 - Number(row.label) }));
    expect(same.features.label).toBeInstanceOf(ClassLabel);
    const other = await data.map(() => ({ label: 0.5 }));
    expect(other.features.label).toEqual(Value('float64'));
  });

  test('what does not fit is refused, naming the row', async () => {
    const failure = (promise: Promise<unknown>) => promise.then(() => 'no error', String);
    const data = fruit();
    expect(await failure(data.map(() => ({ x: [1] }), { batched: true }))).toMatchInlineSnapshot(
      `"DataError: Dataset.map: the function made 1 rows of 4, and text, label, size would stay; name the columns that no longer fit in remove_columns."`,
    );
    expect(await failure(data.map(() => ({ x: 1 }), { batched: true }))).toMatchInlineSnapshot(
      `"DataError: Dataset.map: x of the batch at row 0 is no list; a batched function gives a list per column."`,
    );
    expect(await failure(data.map(() => ({ x: [1, 2], y: [1] }), { batched: true }))).toMatchInlineSnapshot(
      `"DataError: Dataset.map: y of the batch at row 0 has 1 values and x has 2; all must be of one length."`,
    );
    expect(await failure(data.map((_, i) => (i < 2 ? { x: 1 } : { y: 1 }), { with_indices: true }))).toMatchInlineSnapshot(
      `"DataError: Dataset.map: y came first at row 2; the function must give the same columns each time."`,
    );
    expect(await failure(data.map((_, i) => (i < 2 ? { x: 1 } : {}), { with_indices: true }))).toMatchInlineSnapshot(
      `"DataError: Dataset.map: x is missing at row 2; the function must give the same columns each time."`,
    );
    expect(await failure(data.map((_, i) => (i < 2 ? { x: 1 } : undefined), { with_indices: true }))).toMatchInlineSnapshot(
      `"DataError: Dataset.map: the function gave nothing for row 2 and before something; it must give columns for all rows or for none."`,
    );
    expect(await failure(data.map(() => ({ x: 1 }), { remove_columns: 'lable' }))).toMatchInlineSnapshot(
      `"DataError: Dataset.map: remove_columns: there is no column lable; the columns are text, label, size. Did you mean label?"`,
    );
    expect(await failure(data.map(() => ({ x: 1 }), { batch_size: 0 }))).toMatchInlineSnapshot(
      `"ConfigError: Dataset.map: batch_size is 0; a whole number of at least 1 is needed."`,
    );
  });

  test('long work lets timers through, reports progress, and can be stopped', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const reported: number[] = [];
    const busy = (row: { n: number }) => {
      const until = performance.now() + 0.5;
      while (performance.now() < until);
      return { m: row.n };
    };
    await numbers(300).map(busy, { onProgress: (rows) => reported.push(rows) });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
    expect(reported.at(-1)).toBe(300);
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('stopped')), 20);
    await expect(numbers(100_000).map(busy, { signal: stop.signal })).rejects.toThrow('stopped');
  });
});

describe('choosing rows', () => {
  test('filter, select, sort', async () => {
    const data = fruit();
    expect([...(await data.filter((row) => row.size > 2)).column('text')]).toEqual(['apple', 'pear', 'fig']);
    expect([...data.select([3, 0]).column('text')]).toEqual(['fig', 'apple']);
    expect([...data.sort('size').column('text')]).toEqual(['plum', 'pear', 'apple', 'fig']);
    expect([...data.sort('label', { reverse: true }).column('text')]).toEqual(['pear', 'fig', 'apple', 'plum']);
  });

  test('shuffle: the seed decides, all rows stay', () => {
    const order = (seed?: number) => [
      ...numbers(1000)
        .shuffle(seed === undefined ? {} : { seed })
        .column('n'),
    ];
    expect(order(7)).toEqual(order(7));
    expect(order(7)).not.toEqual(order(8));
    expect(order()).toEqual(order(0));
    expect(
      order(7)
        .slice()
        .sort((a, b) => a - b),
    ).toEqual(numbers(1000).to_dict().n);
    // Far from the old order: about one row in 1000 stays in its place.
    expect(order(7).filter((n, i) => n === i).length).toBeLessThan(8);
  });

  test('train_test_split: disjoint, complete, sized as scikit-learn does', () => {
    const sizes = (...options: Parameters<Dataset['train_test_split']>) => {
      const { train, test: held } = numbers(10).train_test_split(...options);
      expect(new Set([...train.column('n'), ...held.column('n')]).size).toBe(train.length + held.length);
      return [train.length, held.length];
    };
    expect(sizes()).toEqual([7, 3]);
    expect(sizes({ test_size: 0.15 })).toEqual([8, 2]);
    expect(sizes({ test_size: 4 })).toEqual([6, 4]);
    expect(sizes({ train_size: 0.55 })).toEqual([5, 5]);
    expect(sizes({ train_size: 3, test_size: 2 })).toEqual([3, 2]);
    const { train, test: held } = numbers(10).train_test_split({ test_size: 3, shuffle: false });
    expect([[...train.column('n')], [...held.column('n')]]).toEqual([
      [0, 1, 2, 3, 4, 5, 6],
      [7, 8, 9],
    ]);
    expect(message(() => sizes({ test_size: 1.5 }))).toMatchInlineSnapshot(
      `"ConfigError: Dataset.train_test_split: test_size is 1.5; a share between 0 and 1, or a count of at most 10 rows is needed."`,
    );
    expect(message(() => sizes({ test_size: 10 }))).toMatchInlineSnapshot(
      `"ConfigError: Dataset.train_test_split: 0 train and 10 test rows are asked for; there are 10, and each part needs one."`,
    );
  });

  test('stratified: both parts keep the shares', async () => {
    const data = await numbers(1000).map(({ n }) => ({ label: n % 10 === 0 ? 1 : 0 }));
    const { train, test: held } = data.train_test_split({ test_size: 0.2, stratify_by_column: 'label', seed: 3 });
    const positives = (part: typeof train) => [...part.column('label')].filter(Boolean).length;
    expect([positives(train), positives(held)]).toEqual([80, 20]);
  });
});

describe('columns', () => {
  test('remove, select, rename, add, cast', () => {
    const data = fruit();
    expect(data.remove_columns('size').column_names).toEqual(['text', 'label']);
    expect(data.select_columns(['size', 'text']).column_names).toEqual(['size', 'text']);
    expect(data.rename_column('label', 'labels').column_names).toEqual(['text', 'labels', 'size']);
    expect(data.add_column('id', [1, 2, 3, 4]).at(2)).toEqual({ text: 'plum', label: 'a', size: 1, id: 3 });
    const cast = data.cast_column('label', new ClassLabel({ names: ['b', 'a'] }));
    expect([...cast.column('label')]).toEqual([1, 0, 1, 0]);
    expect(message(() => data.cast_column('label', new ClassLabel({ names: ['a', 'c'] })))).toMatchInlineSnapshot(
      `"DataError: row 1: label is "b"; one of the classes a, c is needed."`,
    );
    expect(message(() => data.cast_column('text', Value('int64')))).toMatchInlineSnapshot(
      `"DataError: row 0: text is "apple"; a whole number is needed."`,
    );
    expect(message(() => data.add_column('text', []))).toMatchInlineSnapshot(
      `"DataError: Dataset.add_column: there is a column text already; choose another name."`,
    );
  });

  test('class_encode_column: sorted names, numbers by size', () => {
    const data = fruit().class_encode_column('label');
    expect((data.features.label as ClassLabel).names).toEqual(['a', 'b']);
    expect([...data.column('label')]).toEqual([0, 1, 0, 1]);
    const stars = Dataset.from_dict({ stars: [10, 9, 1, 10] }).class_encode_column('stars');
    expect((stars.features.stars as ClassLabel).names).toEqual(['1', '9', '10']);
    expect([...stars.shuffle().select([0]).column('stars')].length).toBe(1);
    const label = stars.features.stars as ClassLabel;
    expect([label.str2int('9'), label.int2str(2), label.num_classes]).toEqual([1, '10', 3]);
    expect(message(() => Dataset.from_dict({ label: ['a', null] }).class_encode_column('label'))).toMatchInlineSnapshot(
      `"DataError: row 1: label is empty; every row needs a class."`,
    );
  });

  test('concatenate_datasets', () => {
    const both = concatenate_datasets([fruit(), fruit().select([1])]);
    expect(both.length).toBe(5);
    expect(both.at(-1)).toEqual(fruit().at(1));
    expect(message(() => concatenate_datasets([fruit(), fruit().remove_columns('size') as never]))).toMatchInlineSnapshot(
      `"DataError: concatenate_datasets: dataset 1 has the columns text, label and dataset 0 has text, label, size; they must be the same."`,
    );
  });
});

test('a dictionary of datasets works on all its splits', async () => {
  const dict = new DatasetDict({ train: numbers(5), test: numbers(2) });
  const doubled = await dict.map(({ n }) => ({ twice: n.map((one) => 2 * one) }), { batched: true });
  expect(doubled.num_rows).toEqual({ train: 5, test: 2 });
  expect([...doubled.test.column('twice')]).toEqual([0, 2]);
  expect((await dict.filter(({ n }) => n > 0)).num_rows).toEqual({ train: 4, test: 1 });
  expect(dict.rename_column('n', 'm').column_names).toEqual({ train: ['m'], test: ['m'] });
  expect(
    dict
      .shuffle({ seed: 1 })
      .entries()
      .map(([name]) => name),
  ).toEqual(['train', 'test']);
  expectTypeOf(dict.train).toEqualTypeOf<Dataset<{ n: number }>>();
  expect(message(() => new DatasetDict({ map: numbers(1) }))).toMatchInlineSnapshot(
    `"ConfigError: DatasetDict: a split cannot be named map; choose another name."`,
  );
});
