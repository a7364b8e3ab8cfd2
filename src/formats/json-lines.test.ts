import { expect, test } from 'vitest';
import { readJsonLines } from './json-lines.ts';

async function read(text: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const batch of readJsonLines([new TextEncoder().encode(text)], { source: 'x.jsonl' })) {
    for (const { line, value } of batch) found.push([line, value]);
  }
  return found;
}

test('one object a line, blank lines skipped, line numbers kept', async () => {
  expect(await read('{"a": 1}\n\n  \r\n{"b": "가\\n"}\r\n{"c": null}')).toEqual([
    [1, { a: 1 }],
    [4, { b: '가\n' }],
    [5, { c: null }],
  ]);
});

test('anything else is an error with its line', async () => {
  // The words in brackets are the engine's own and change with it.
  const message = (text: string) =>
    read(text).then(
      () => 'no error',
      (error) => String(error).replace(/\(.*\)/, '(…)'),
    );
  expect(await message('{"a": 1}\n{"a": }\n')).toMatchInlineSnapshot(
    `"DataError: x.jsonl: line 2 is not JSON (…); one object a line is needed."`,
  );
  expect(await message('{"a": 1}\n[1]\n')).toMatchInlineSnapshot(
    `"DataError: x.jsonl: line 2 is a list; one object a line is needed."`,
  );
  expect(await message('null')).toMatchInlineSnapshot(`"DataError: x.jsonl: line 1 is null; one object a line is needed."`);
  expect(await message('3')).toMatchInlineSnapshot(`"DataError: x.jsonl: line 1 is a number; one object a line is needed."`);
});
