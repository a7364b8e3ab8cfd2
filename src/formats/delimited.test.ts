import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type DelimitedOptions, readDelimited } from './delimited.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Rows as [line, ...cells], read in chunks of `size` bytes. */
async function rows(data: string | Uint8Array, options: DelimitedOptions = {}, size = 1 << 16): Promise<(string | number)[][]> {
  const all = typeof data === 'string' ? bytes(data) : data;
  const open = function* () {
    for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
  };
  const found: (string | number)[][] = [];
  for await (const batch of readDelimited(open, { source: 'x.csv', ...options })) {
    for (const { line, cells } of batch) found.push([line, ...cells]);
  }
  return found;
}
const failure = (data: string | Uint8Array, options: DelimitedOptions = {}) =>
  rows(data, options).then(() => 'no error', String);

// What Python's csv.reader and pandas give for the same text.
const table: [string, string, (string | number)[][]][] = [
  [
    'plain',
    'a,b\n1,2\n',
    [
      [1, 'a', 'b'],
      [2, '1', '2'],
    ],
  ],
  [
    'no last line end',
    'a,b\n1,2',
    [
      [1, 'a', 'b'],
      [2, '1', '2'],
    ],
  ],
  [
    'CRLF',
    'a,b\r\n1,2\r\n',
    [
      [1, 'a', 'b'],
      [2, '1', '2'],
    ],
  ],
  [
    'CRLF and quotes',
    '"a",b\r\n1,"2"\r\n',
    [
      [1, 'a', 'b'],
      [2, '1', '2'],
    ],
  ],
  ['a byte order mark', '\uFEFFa,b\n', [[1, 'a', 'b']]],
  [
    'blank lines',
    '\na\n\n\r\n"b"\n\n',
    [
      [2, 'a'],
      [5, 'b'],
    ],
  ],
  [
    'empty cells',
    'a,,b,\n,\n',
    [
      [1, 'a', '', 'b', ''],
      [2, '', ''],
    ],
  ],
  [
    'empty cells beside quotes',
    '"a",,"b",\n,""\n""\n"",',
    [
      [1, 'a', '', 'b', ''],
      [2, '', ''],
      [3, ''],
      [4, '', ''],
    ],
  ],
  ['a delimiter and doubled quotes in quotes', '"a,b","say ""hi"""\n', [[1, 'a,b', 'say "hi"']]],
  [
    'line ends in quotes count',
    '"a\nb\r\nc",d\ne,f\n',
    [
      [1, 'a\nb\r\nc', 'd'],
      [4, 'e', 'f'],
    ],
  ],
  [
    'a quote inside an unquoted cell is text',
    '5" disk,b\nx,y"z\n',
    [
      [1, '5" disk', 'b'],
      [2, 'x', 'y"z'],
    ],
  ],
  ['white space stays', ' a , b\n', [[1, ' a ', ' b']]],
  ['a lone carriage return stays in its cell', 'a\rb,"c"\n', [[1, 'a\rb', 'c']]],
  ['Korean and emoji', '"가,나",🙂\n', [[1, '가,나', '🙂']]],
  ['nothing', '', []],
];

describe('quoting minimal', () => {
  test.each(table)('%s, whatever the chunks', async (_note, text, expected) => {
    for (const size of [1, 2, 3, 7, 1 << 16]) expect(await rows(text, {}, size)).toEqual(expected);
  });

  test('quotes out of place are errors with their line', async () => {
    expect(await failure('a\n"b"c\n')).toMatchInlineSnapshot(
      `"DataError: x.csv: line 2 has "c" after a closing quote; the delimiter or the line's end is needed; double the quotes inside a quoted cell, or read with quoting 'none' if quotes are plain text."`,
    );
    expect(await failure('a\n\n"b\nc\n')).toMatchInlineSnapshot(
      `"DataError: x.csv: a quoted cell that starts in the row of line 3 never ends; close the quote, or read with quoting 'none' if quotes are plain text."`,
    );
  });

  test('another delimiter and quote character', async () => {
    expect(await rows("'a;b';c\n", { delimiter: ';', quotechar: "'" })).toEqual([[1, 'a;b', 'c']]);
    expect(await failure('a', { delimiter: '||' })).toMatchInlineSnapshot(
      `"ConfigError: delimiter: "||" came; one character that is not a line end is needed."`,
    );
  });
});

describe('quoting in tab-separated files', () => {
  test('auto: quoted where all quotes read as quoting', async () => {
    expect(await rows('a\t"b\tc"\n', { delimiter: '\t' })).toEqual([[1, 'a', 'b\tc']]);
  });

  test('auto: text where one does not', async () => {
    const text = 'id\ttext\n1\t"좋다" 라고 했다\n2\t"나쁘다"\n3\t"끝\n';
    expect(await rows(text, { delimiter: '\t' })).toEqual([
      [1, 'id', 'text'],
      [2, '1', '"좋다" 라고 했다'],
      [3, '2', '"나쁘다"'],
      [4, '3', '"끝'],
    ]);
    expect(await failure(text, { delimiter: '\t', quoting: 'minimal' })).toContain('line 2');
  });

  test('none', async () => {
    expect(await rows('"a,b"\n', { quoting: 'none' })).toEqual([[1, '"a', 'b"']]);
  });

  const nsmc = new URL('../../../shared/data/nsmc/ratings_train_40k.txt.gz', import.meta.url);
  test.skipIf(!existsSync(nsmc))('NSMC: all 40,000 reviews have three cells (skipped where ../shared is absent)', async () => {
    const found = await rows(gunzipSync(readFileSync(nsmc)), { delimiter: '\t' });
    expect(found.length).toBe(40_001);
    expect(found.every((row) => row.length === 4)).toBe(true);
    expect(found.at(-1)![0]).toBe(40_001);
  });
});

describe('encodings', () => {
  const korean = new Uint8Array([...bytes('id,text\n1,ok\n2,'), 0xc1, 0xc1, 0xb4, 0xd9, 10]); // 좋다 in EUC-KR

  test('a broken byte is an error with its place and the likely encoding', async () => {
    expect(await failure(korean)).toMatchInlineSnapshot(
      `"DataError: x.csv: line 3, byte 15 (0xC1) is not UTF-8; it reads as EUC-KR (CP949); save the file as UTF-8 or name its encoding."`,
    );
    expect(await failure(new Uint8Array([97, 10, 0xec, 0x9e, 32]))).toMatchInlineSnapshot(
      `"DataError: x.csv: line 2, byte 2 (0xEC) is not UTF-8; save the file as UTF-8 or name its encoding."`,
    );
    expect(await failure(new Uint8Array([0xef, 0xbb, 0xbf, 97, 10, 0xed, 0xa0, 0x80]))).toMatchInlineSnapshot(
      `"DataError: x.csv: line 2, byte 5 (0xED) is not UTF-8; save the file as UTF-8 or name its encoding."`,
    );
    expect(await failure(new Uint8Array([97, 10, 0xec, 0x9e]))).toMatchInlineSnapshot(
      `"DataError: x.csv: line 2, byte 2 (0xEC) is not UTF-8; save the file as UTF-8 or name its encoding."`,
    );
    expect(await failure(new Uint8Array([0xff, 0xfe, 97, 0, 10, 0]))).toMatchInlineSnapshot(
      `"DataError: x.csv: the file is UTF-16 by its first two bytes; UTF-8 is needed; save it as UTF-8."`,
    );
  });

  test('a named encoding is read; one that cannot be is refused', async () => {
    expect(await rows(korean, { encoding: 'euc-kr' }, 3)).toEqual([
      [1, 'id', 'text'],
      [2, '1', 'ok'],
      [3, '2', '좋다'],
    ]);
    expect(await rows(new Uint8Array([0x93, 0xe9, 0x94, 0x80]), { encoding: 'windows-1252' })).toEqual([[1, '“é”€']]);
    expect(await failure('a', { encoding: 'klingon' })).toMatchInlineSnapshot(
      `"ConfigError: encoding: klingon is not known here; use utf-8, euc-kr, shift_jis, windows-1252 or another web label."`,
    );
    expect(await failure('a', { encoding: 'utf-16le' })).toMatchInlineSnapshot(
      `"ConfigError: encoding: utf-16le cannot be read line by line; save the file as UTF-8."`,
    );
  });

  test('the place is right in later chunks too', async () => {
    const before = bytes('12345\n'.repeat(10));
    const all = new Uint8Array([...before, 65, 0xff, 10]);
    await expect(rows(all, {}, 8)).rejects.toThrow('line 11, byte 61 (0xFF)');
  });
});
