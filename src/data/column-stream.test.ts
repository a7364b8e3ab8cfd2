import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StreamOptions, streamColumn } from './column-stream.ts';
import { type DatasetFormat, load_dataset } from './load-dataset.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'qkv-stream-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}
const read = async <F extends DatasetFormat>(format: F, options: StreamOptions<F>) => {
  const values: unknown[] = [];
  let batches = 0;
  for await (const some of await streamColumn(format, options)) {
    values.push(...some);
    batches++;
  }
  return { values, batches };
};
const failure = <F extends DatasetFormat>(format: F, options: StreamOptions<F>) =>
  read(format, options).then(
    () => 'no error',
    (error) => String(error).replaceAll(folder, '<folder>'),
  );

// Longer than a chunk of 256 kB, and characters of one to four bytes stand across its bounds.
const texts = Array.from({ length: 20_000 }, (_, i) => `${'가é😀x'.slice(i % 3 === 0 ? 1 : 0)} ${i}`);

test('gives what load_dataset gives, packed or not, in more than one piece', async () => {
  const rows = texts.map((text, n) => JSON.stringify({ n, text }));
  const cases = [
    ['text', 'lines.txt', texts.join('\r\n')],
    ['csv', 'table.csv', `n,text\r\n${texts.map((text, i) => `${i},"${text}\n""q"""`).join('\r\n')}\r\n`],
    ['csv', 'table.tsv', `text\tn\n${texts.map((text, i) => `${text} "\t${i}`).join('\n')}`],
    ['json', 'rows.jsonl', rows.join('\n')],
    ['json', 'list.json', `[${rows.join(',')}]`],
  ] as const;
  for (const [format, name, content] of cases) {
    const data_files = file(name, content);
    const expected = [...(await load_dataset(format, { data_files, split: 'train' })).column('text')];
    expect(expected).toHaveLength(texts.length);
    const plain = await read(format, { data_files, column: 'text' });
    expect(isDeepStrictEqual(plain.values, expected), name).toBe(true);
    expect(plain.batches, name).toBeGreaterThan(1);
    const packed = await read(format, { data_files: file(`${name}.gz`, gzipSync(content)), column: 'text' });
    expect(isDeepStrictEqual(packed.values, expected), `${name}.gz`).toBe(true);
  }
});

test('goes through several files, and counts their bytes as it reads', async () => {
  const data_files = [file('a.txt', texts.join('\n')), new Blob(['b\n']), new TextEncoder().encode('c')];
  const stream = await streamColumn('text', { data_files, column: 'text' });
  const all = new TextEncoder().encode(texts.join('\n')).length + 3;
  expect([stream.bytesRead, stream.byteLength]).toEqual([0, all]);
  const counts: number[] = [];
  const values: unknown[] = [];
  for await (const some of stream) {
    values.push(...some);
    counts.push(stream.bytesRead);
  }
  expect(isDeepStrictEqual(values, [...texts, 'b', 'c'])).toBe(true);
  expect(counts).toEqual([...counts].sort((x, y) => x - y));
  expect(counts[0]).toBeLessThan(all);
  expect(stream.bytesRead).toBe(all);
  await expect(async () => {
    for await (const _ of stream);
  }).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: streamColumn: the stream was gone through before; ask for a new one.]`,
  );
});

test('a JSON column that comes late is null before, and cells of a table stay as they are written', async () => {
  const late = file('late.jsonl', `${'{"a": 1}\n'.repeat(30_000)}{"a": 2, "b": "x"}\n{"a": 3}\n`);
  const { values } = await read('json', { data_files: late, column: 'b' });
  expect(isDeepStrictEqual(values, [...new Array(30_000).fill(null), 'x', null])).toBe(true);
  expect(await read('csv', { data_files: new Blob(['n,m\n+5,1.50\n,2']), column: 'n' })).toMatchObject({ values: ['+5', ''] });
});

test('stops when its signal says so', async () => {
  const controller = new AbortController();
  const data_files = file('long.txt', texts.join('\n'));
  const stream = await streamColumn('text', { data_files, column: 'text', signal: controller.signal });
  await expect(async () => {
    for await (const _ of stream) controller.abort(new Error('enough'));
  }).rejects.toThrow('enough');
});

test('says what is wrong', async () => {
  const table = file('t.csv', 'id,text\n1,a\n2\n');
  expect(await failure('csv', { data_files: file('u.csv', 'id,text\n1,a\n'), column: 'txt' })).toMatchInlineSnapshot(
    `"DataError: streamColumn: <folder>/u.csv: there is no column txt; the columns are id, text. Did you mean text?"`,
  );
  expect(await failure('csv', { data_files: table, column: 'text' })).toMatchInlineSnapshot(
    `"DataError: <folder>/t.csv: line 3 has 1 cell; 2 are needed (id, text); mend the line, or quote the cells that hold the delimiter."`,
  );
  expect(await failure('json', { data_files: file('r.jsonl', '{"a": 1}\n'), column: 'b' })).toMatchInlineSnapshot(
    `"DataError: streamColumn: <folder>/r.jsonl: there is no column b; the columns are a. Did you mean a?"`,
  );
  expect(await failure('text', { data_files: join(folder, 'none'), column: 'text' })).toMatchInlineSnapshot(
    `"MissingFileError: streamColumn: <folder>/none does not exist; check the path."`,
  );
  expect(await failure('text', { data_files: [], column: 'text' })).toMatchInlineSnapshot(
    `"ConfigError: streamColumn: data_files names no file; give at least one."`,
  );
  expect(await failure('xml' as 'csv', { data_files: table, column: 'text' })).toMatchInlineSnapshot(
    `"ConfigError: streamColumn: there is no loader xml; the loaders are csv, json and text."`,
  );
  expect(await failure('csv', { data_files: table } as never)).toMatchInlineSnapshot(
    `"ConfigError: streamColumn: column is undefined; a column's name is needed."`,
  );
  expect(await failure('text', { data_files: table, column: 'text', delimiter: ',' } as never)).toMatchInlineSnapshot(
    `"ConfigError: streamColumn: there is no option delimiter; the options are encoding, sample_by."`,
  );
});
