import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFile, readJson, readText, resolveFolder, writeFiles } from './index.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'qkv-hub-'));
});
afterAll(() => rmSync(root, { recursive: true }));

test('writes files into a folder that it makes, and reads them', async () => {
  const path = join(root, 'a', 'b');
  const written = await writeFiles(path, { 'x.json': '{"x": "é"}', 'y.bin': new Uint8Array([255, 0]) });
  expect(written).toEqual([join(path, 'x.json'), join(path, 'y.bin')]);
  expect(readdirSync(path).sort()).toEqual(['x.json', 'y.bin']);
  const folder = await resolveFolder('test', path);
  expect(await readJson(folder, 'x.json')).toEqual({ x: 'é' });
  expect([...(await readFile(folder, 'y.bin'))!]).toEqual([255, 0]);
  expect(await readJson(folder, 'z.json')).toBeUndefined();
  await expect(readText({ name: 'NAME', path }, 'y.bin')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DataError: NAME/y.bin: the bytes are not UTF-8 text; save the file as UTF-8.]`,
  );
});

test('says what to do where there is no folder', async () => {
  await expect(resolveFolder('AutoModel', 'bert-base-uncased')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[MissingFileError: AutoModel: there is no folder bert-base-uncased; to use bert-base-uncased of the Hugging Face hub, download it first (hf download bert-base-uncased --local-dir bert-base-uncased) and give that folder.]`,
  );
  await expect(resolveFolder('AutoModel', '../no/such')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[MissingFileError: AutoModel: there is no folder ../no/such; give the path of a folder that has the files.]`,
  );
});

test('says which path is in the way', async () => {
  const path = join(root, 'file');
  writeFileSync(path, '');
  const message = await writeFiles(join(path, 'below'), { x: '' }).catch((error) => String(error).replaceAll(root, 'ROOT'));
  expect(message).toMatch(/^MissingFileError: writeFiles: ROOT.file.below: /);
  await expect(readFile({ name: 'root', path: root }, '.')).rejects.toThrow(/^readFile: /);
});
