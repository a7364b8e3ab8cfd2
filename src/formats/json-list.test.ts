import { expect, test } from 'vitest';
import { randomNumbers } from '../../test/support/random-numbers.ts';
import { readJsonList } from './json-list.ts';

/** A text's bytes in chunks of a length. */
function* chunked(text: string, length: number): Generator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
const read = async (text: string, length = 1 << 20) => {
  const items: unknown[] = [];
  for await (const some of readJsonList(chunked(text, length), { source: 'x.json' })) items.push(...some);
  return items;
};
const failure = (text: string) => read(text, 3).then(() => 'no error', String);

test('reads what JSON.parse reads, wherever the chunks are cut', async () => {
  const random = randomNumbers(5);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const value = (depth: number): unknown => {
    const kind = random();
    if (kind < 0.5 || depth > 3) {
      return pick<unknown>(['', 'a,b', '"', '\\', '\\"', ']}', '한국어, 😀', '\n', 0, -1.5e3, true, null, '\u2028', ',\\']);
    }
    const many = Array.from({ length: Math.floor(random() * 4) }, () => value(depth + 1));
    return kind < 0.75 ? many : Object.fromEntries(many.map((item, i) => [pick(['a', '"', ',', '한']) + i, item]));
  };
  for (let round = 0; round < 60; round++) {
    const list = Array.from({ length: Math.floor(random() * 6) }, () => value(0));
    const text = pick(['', '\ufeff', ' \n']) + JSON.stringify(list, null, pick([0, 1, '\t', '\r\n'])) + pick(['', '\n', ' ']);
    for (const length of [1, 2, 3, 7, 1 << 20]) expect(await read(text, length)).toEqual(list);
  }
});

test('a byte of a character that looks like a backslash is none', async () => {
  const bytes = new Uint8Array([0x5b, 0x22, 0x83, 0x5c, 0x22, 0x2c, 0x31, 0x5d]);
  for await (const items of readJsonList([bytes], { encoding: 'shift_jis' })) expect(items).toEqual(['ソ', 1]);
});

test('gives items before it has read the whole list', async () => {
  let given = 0;
  const chunks = function* () {
    yield new TextEncoder().encode('[');
    for (; given < 1000; given++) yield new TextEncoder().encode(`${given === 0 ? '' : ','}{"n":${given}}`);
    yield new TextEncoder().encode(']');
  };
  for await (const items of readJsonList(chunks())) {
    expect(items).toEqual([{ n: 0 }]);
    break;
  }
  expect(given).toBeLessThan(3);
});

test('says what is wrong', async () => {
  expect(await failure('')).toMatchInlineSnapshot(`"DataError: x.json: the file is empty; a list in brackets is needed."`);
  expect(await failure(' {"a": 1}')).toMatchInlineSnapshot(
    `"DataError: x.json: the file begins with "{"; a list in brackets is needed."`,
  );
  expect(await failure('[1, 2')).toMatchInlineSnapshot(
    `"DataError: x.json: the file ends inside item 1 of the list; get the file again."`,
  );
  expect(await failure('[1, "a')).toMatchInlineSnapshot(
    `"DataError: x.json: the file ends inside item 1 of the list; get the file again."`,
  );
  expect(await failure('[1, 2] 3')).toMatchInlineSnapshot(
    `"DataError: x.json: the file goes on behind the list of rows; nothing may follow it."`,
  );
  expect((await failure('[1, {]}, 2]')).replace(/JSON \(.*\)/, 'JSON (…)')).toMatchInlineSnapshot(
    `"DataError: x.json: the file has a list whose item 1 is not JSON (…); mend it."`,
  );
  expect((await failure('[1, ]')).replace(/JSON \(.*\)/, 'JSON (…)')).toMatchInlineSnapshot(
    `"DataError: x.json: the file has a list whose item 1 is not JSON (…); mend it."`,
  );
  expect((await failure('[, 1]')).replace(/JSON \(.*\)/, 'JSON (…)')).toMatchInlineSnapshot(
    `"DataError: x.json: the file has a list whose item 0 is not JSON (…); mend it."`,
  );
  expect((await failure('[1 2]')).replace(/JSON \(.*\)/, 'JSON (…)')).toMatchInlineSnapshot(
    `"DataError: x.json: the file has a list whose item 0 is not JSON (…); mend it."`,
  );
});
