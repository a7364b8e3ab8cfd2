import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClassLabel, Value } from './features.ts';
import { type DatasetFormat, load_dataset } from './load-dataset.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'qkv-load-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file in the test's folder. */
function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}
const failure = async (format: DatasetFormat, path: string, options: object = {}) =>
  load_dataset(format, { data_files: path, ...options }).then(
    () => 'no error',
    (error) =>
      String(error)
        .replaceAll(folder, '<folder>')
        .replace(/JSON \(.*\)/, 'JSON (…)'),
  );

describe('csv', () => {
  test('splits, types and missing values', async () => {
    const data = await load_dataset('csv', {
      data_files: {
        train: file('train.csv', 'id,text,label,score,ok,code\n1,"a,b",0,1.5,True,007\n2,,1,2,False,010\n'),
        test: [
          file('t1.csv', 'id,text,label,score,ok,code\n3,NA,1,,true,1\n'),
          file('t2.csv', 'text,id,label,score,ok,code\nx,4,0,1e3,,2\n'),
        ],
      },
    });
    expect(data.num_rows).toEqual({ train: 2, test: 2 });
    expect(data.train.features).toEqual({
      id: Value('int64'),
      text: Value('string'),
      label: Value('int64'),
      score: Value('float64'),
      ok: Value('bool'),
      code: Value('string'),
    });
    expect(data.train.features).toEqual(data.test.features);
    expect(data.train.to_list()).toEqual([
      { id: 1, text: 'a,b', label: 0, score: 1.5, ok: true, code: '007' },
      { id: 2, text: null, label: 1, score: 2, ok: false, code: '010' },
    ]);
    expect(data.test.to_list()).toEqual([
      { id: 3, text: 'NA', label: 1, score: null, ok: true, code: '1' },
      { id: 4, text: 'x', label: 0, score: 1000, ok: null, code: '2' },
    ]);
  });

  test('a single file is the split train; a split and its slices; patterns; gzip; bytes; files of a page', async () => {
    const text = `n\n${Array.from({ length: 10 }, (_, i) => i).join('\n')}\n`;
    const path = file('numbers.csv.gz', gzipSync(text));
    const whole = await load_dataset('csv', { data_files: path });
    expect(whole.train.num_rows).toBe(10);
    const part = async (split: string) => [...(await load_dataset('csv', { data_files: path, split })).column('n')];
    expect(await part('train')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await part('train[:30%]')).toEqual([0, 1, 2]);
    expect(await part('train[7:]')).toEqual([7, 8, 9]);
    expect(await part('train[-2:]')).toEqual([8, 9]);
    expect(await part('train[2:4]')).toEqual([2, 3]);
    file('p1.txt', 'a\n');
    file('p2.txt', 'b\n');
    const many = await load_dataset('text', { data_files: join(folder, 'p?.txt'), split: 'train' });
    expect([...many.column('text')]).toEqual(['a', 'b']);
    const bytes = new TextEncoder().encode(text);
    expect((await load_dataset('csv', { data_files: bytes })).train.num_rows).toBe(10);
    const chosen = new File([bytes], 'chosen.csv');
    expect((await load_dataset('csv', { data_files: { train: chosen } })).train.describeRow(3)).toBe('chosen.csv line 5');
  });

  test('tab-separated by its name, files without a header, features, another encoding', async () => {
    expect((await load_dataset('csv', { data_files: file('x.tsv', 'a\tb\n1\t"x" y\n') })).train.at(0)).toEqual({
      a: 1,
      b: '"x" y',
    });
    const named = await load_dataset('csv', {
      data_files: file('bare.csv', 'good,pos\nbad,neg\n'),
      column_names: ['text', 'label'],
      features: { label: new ClassLabel({ names: ['neg', 'pos'] }) },
      split: 'train',
    });
    expect([...named.column('label')]).toEqual([1, 0]);
    const korean = file('k.csv', new Uint8Array([116, 10, 0xc1, 0xc1, 0xb4, 0xd9, 10]));
    expect((await load_dataset('csv', { data_files: korean, encoding: 'euc-kr' })).train.at(0)).toEqual({ t: '좋다' });
  });

  test('each broken file has a message that says where and how to mend it', async () => {
    expect(await failure('csv', file('empty.csv', ''))).toMatchInlineSnapshot(
      `"DataError: <folder>/empty.csv: the file is empty; a header line and rows are needed."`,
    );
    expect(await failure('csv', file('header.csv', 'a,b\n'))).toMatchInlineSnapshot(
      `"DataError: <folder>/header.csv: there is a header line (a, b) and no row below it; at least one is needed."`,
    );
    expect(await failure('csv', file('ragged.csv', 'a,b\n1,2\n\n1,2,3\n'))).toMatchInlineSnapshot(
      `"DataError: <folder>/ragged.csv: line 4 has 3 cells; 2 are needed (a, b); mend the line, or quote the cells that hold the delimiter."`,
    );
    expect(await failure('csv', file('short.csv', 'a,b\n1\n'))).toMatchInlineSnapshot(
      `"DataError: <folder>/short.csv: line 2 has 1 cell; 2 are needed (a, b); mend the line, or quote the cells that hold the delimiter."`,
    );
    expect(await failure('csv', file('twice.csv', 'a,a\n1,2\n'))).toMatchInlineSnapshot(
      `"DataError: <folder>/twice.csv: line 1, the header, has the name a twice; name each column once, or pass column_names if the file has no header line."`,
    );
    expect(await failure('csv', file('nameless.csv', 'a,\n1,2\n'))).toMatchInlineSnapshot(
      `"DataError: <folder>/nameless.csv: line 1, the header, has no name for column 2; name each column once, or pass column_names if the file has no header line."`,
    );
    expect(await failure('csv', file('semicolons.csv', 'a;b\n1;2\n'))).toMatchInlineSnapshot(
      `"DataError: <folder>/semicolons.csv: the header is one column, "a;b"; the delimiter seems to be ";", not ","; pass delimiter: ";"."`,
    );
    expect(await failure('csv', file('mac.csv', 'a,b\r1,2\r'))).toMatchInlineSnapshot(
      `"DataError: <folder>/mac.csv: lines end in carriage returns alone; save the file with line feeds (Unix or Windows)."`,
    );
    expect(await failure('csv', file('broken.csv', new Uint8Array([97, 10, 0xc1, 0xc1, 10])))).toMatchInlineSnapshot(
      `"DataError: <folder>/broken.csv: line 2, byte 2 (0xC1) is not UTF-8; it reads as EUC-KR (CP949); save the file as UTF-8 or name its encoding."`,
    );
    expect(await failure('csv', file('quote.csv', 'a\n"b\n'))).toMatchInlineSnapshot(
      `"DataError: <folder>/quote.csv: a quoted cell that starts in the row of line 2 never ends; close the quote, or read with quoting 'none' if quotes are plain text."`,
    );
    expect(await failure('csv', file('cut.csv.gz', gzipSync('a\n1\n').subarray(0, 12)))).toContain('damaged or cut short');
    expect(await failure('csv', file('value.csv', 'a\n1\nx\n'), { features: { a: Value('int64') } })).toMatchInlineSnapshot(
      `"DataError: <folder>/value.csv line 3: a is "x"; a whole number is needed."`,
    );
    expect(await failure('csv', file('other.csv', 'a\n1\n'), { features: { b: Value('int64') } })).toMatchInlineSnapshot(
      `"DataError: load_dataset: features: there is no column b; the columns are a. Did you mean a?"`,
    );
  });

  test('a column that is not there; a header that is data', async () => {
    const { train } = await load_dataset('csv', { data_files: file('review.tsv', '9976970\t아 더빙\t0\n3819312\t흠\t1\n') });
    expect(() => train.column('document')).toThrowErrorMatchingInlineSnapshot(
      `[DataError: Dataset: there is no column document; the columns are 9976970, 아 더빙, 0. If the file has no header line, name its columns with column_names.]`,
    );
  });

  test('files and options that are not there', async () => {
    expect(await failure('csv', join(folder, 'no.csv'))).toMatchInlineSnapshot(
      `"MissingFileError: load_dataset: <folder>/no.csv does not exist; check the path."`,
    );
    expect(await failure('csv', folder)).toContain('is a folder; a file is needed');
    expect(await failure('csv', join(folder, 'no*.csv'))).toMatchInlineSnapshot(
      `"MissingFileError: load_dataset: no file matches <folder>/no*.csv; check the folder and the pattern."`,
    );
    expect(await failure('csv', 'https://example.org/x.csv')).toMatchInlineSnapshot(
      `"UnsupportedError: load_dataset: https://example.org/x.csv is a web address; download the file and give its path."`,
    );
    expect(await failure('csv', 'x.csv', { delimeter: ';' })).toMatchInlineSnapshot(
      `"ConfigError: load_dataset: there is no option delimeter; did you mean delimiter?"`,
    );
    expect(await failure('csv', 'x.csv', { quoting: 'all' })).toMatchInlineSnapshot(
      `"ConfigError: load_dataset: quoting is 'all'; it must be one of auto, minimal, none."`,
    );
    expect(await failure('csv', 'x.csv', { split: 'test' })).toMatchInlineSnapshot(
      `"ConfigError: load_dataset: split is 'test'; data_files has train."`,
    );
    expect(await failure('csv', 'x.csv', { split: 'train+test' })).toMatchInlineSnapshot(
      `"ConfigError: load_dataset: split is 'train+test'; a split's name is needed, or a slice of one, such as 'train[:80%]' or 'train[100:200]'."`,
    );
    expect(await failure('parquet' as DatasetFormat, 'x.parquet')).toMatchInlineSnapshot(
      `"ConfigError: load_dataset: there is no loader parquet; the loaders are csv, json and text."`,
    );
    await expect(load_dataset('csv', {} as never)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: load_dataset: data_files is missing; give a path, a list of paths, or an object of them by split.]`,
    );
  });
});

describe('json', () => {
  test('lines, a list, a field; columns that some rows lack', async () => {
    const rows = [{ text: 'a' }, { text: 'b', label: 1, tags: ['x'] }];
    const lines = await load_dataset('json', {
      data_files: file('x.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')),
    });
    const expected = [
      { text: 'a', label: null, tags: null },
      { text: 'b', label: 1, tags: ['x'] },
    ];
    expect(lines.train.to_list()).toEqual(expected);
    expect(lines.train.features.tags).toEqual({ _type: 'List', feature: Value('string') });
    const whole = await load_dataset('json', { data_files: file('x.json', JSON.stringify(rows, null, 2)) });
    expect(whole.train.to_list()).toEqual(expected);
    const inner = await load_dataset('json', {
      data_files: file('f.json', JSON.stringify({ version: 1, data: rows })),
      field: 'data',
    });
    expect(inner.train.to_list()).toEqual(expected);
  });

  test('broken files', async () => {
    expect(await failure('json', file('b1.jsonl', '{"a": 1}\n{"a": \n'))).toMatchInlineSnapshot(
      `"DataError: <folder>/b1.jsonl: line 2 is not JSON (…); one object a line is needed."`,
    );
    expect(await failure('json', file('b2.jsonl', '{"a": 1}\n"a"\n'))).toMatchInlineSnapshot(
      `"DataError: <folder>/b2.jsonl: line 2 is a string; one object a line is needed."`,
    );
    expect(await failure('json', file('b3.json', '[1]'))).toMatchInlineSnapshot(
      `"DataError: <folder>/b3.json: item 0 of the list is 1; an object is needed."`,
    );
    expect(await failure('json', file('b4.json', '[{"a"'))).toMatchInlineSnapshot(
      `"DataError: <folder>/b4.json: the file ends inside item 0 of the list; get the file again."`,
    );
    expect(await failure('json', file('b5.json', '\n'))).toMatchInlineSnapshot(
      `"DataError: <folder>/b5.json: the file holds no row; at least one object is needed."`,
    );
    expect(await failure('json', file('b6.json', '{"a": 1}'), { field: 'data' })).toMatchInlineSnapshot(
      `"DataError: <folder>/b6.json: there is no field data at the top of the file."`,
    );
    const mixed = await load_dataset('json', { data_files: file('b7.jsonl', '{"a": 1}\n\n{"a": "x"}\n') });
    expect(() => mixed.train.features).toThrow(/a is int64 in .*b7\.jsonl line 1 and string in .*b7\.jsonl line 3/);
  });
});

test('text by line, paragraph and document', async () => {
  const data_files = file('t.txt', 'one\r\ntwo\n\n\nthree\n');
  const read = async (sample_by: 'line' | 'paragraph' | 'document') => [
    ...(await load_dataset('text', { data_files, sample_by, split: 'train' })).column('text'),
  ];
  expect(await read('line')).toEqual(['one', 'two', '', '', 'three']);
  expect(await read('paragraph')).toEqual(['one\ntwo', 'three']);
  expect(await read('document')).toEqual(['one\ntwo\n\n\nthree']);
  expect(await failure('text', file('none.txt', ''))).toMatchInlineSnapshot(
    `"DataError: <folder>/none.txt: the file is empty; text is needed."`,
  );
});

const nsmc = fileURLToPath(new URL('../../../shared/data/nsmc/', import.meta.url));
test.skipIf(!existsSync(nsmc))('NSMC: 50,000 reviews, quickly (skipped where ../shared is absent)', async () => {
  const start = performance.now();
  const data = await load_dataset('csv', {
    data_files: { train: `${nsmc}ratings_train_40k.txt.gz`, test: `${nsmc}ratings_test_10k.txt.gz` },
    delimiter: '\t',
  });
  expect(performance.now() - start).toBeLessThan(5000);
  expect(data.num_rows).toEqual({ train: 40_000, test: 10_000 });
  expect(data.train.features).toEqual({ id: Value('int64'), document: Value('string'), label: Value('int64') });
  expect([...data.train.column('label')].filter((label) => label === 1).length).toBe(19_773);
  expect([...data.test.column('label')].filter((label) => label === 1).length).toBe(4_917);
});
