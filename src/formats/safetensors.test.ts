import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { newArray } from '../core/index.ts';
import { readSafetensors, readSafetensorsHeader, safetensorsChunks, type TensorData, writeSafetensors } from './safetensors.ts';
import { readShardedSafetensors } from './sharded-safetensors.ts';

const models = new URL('../../../shared/models/', import.meta.url);

const every: [string, TensorData][] = [
  ['a.float64', { dtype: 'float64', shape: [2], data: new Float64Array([0.1, -1e300]) }],
  ['b.float32', { dtype: 'float32', shape: [1, 3], data: new Float32Array([1, -2, 3.5]) }],
  ['c.float16', { dtype: 'float16', shape: [1], data: new Uint16Array([0x3c00]) }],
  ['d.bfloat16', { dtype: 'bfloat16', shape: [3], data: new Uint16Array([0x3f80, 1, 2]) }],
  ['e.int64', { dtype: 'int64', shape: [], data: new BigInt64Array([-(2n ** 62n)]) }],
  ['f.int32', { dtype: 'int32', shape: [1], data: new Int32Array([-7]) }],
  ['g.uint32', { dtype: 'uint32', shape: [1], data: new Uint32Array([2 ** 32 - 1]) }],
  ['h.int8', { dtype: 'int8', shape: [1], data: new Int8Array([-8]) }],
  ['i.uint8', { dtype: 'uint8', shape: [1], data: new Uint8Array([255]) }],
  ['j.bool', { dtype: 'bool', shape: [1], data: new Uint8Array([1]) }],
  ['k.empty', { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) }],
  ['가중치.🙂', { dtype: 'float32', shape: [1], data: new Float32Array([9]) }],
  ['0', { dtype: 'int8', shape: [3], data: new Int8Array([1, 2, 3]) }],
];

/** A file with the given header text (or object) and data bytes. */
function file(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
const f32 = (start: number, end: number, shape = [(end - start) / 4]) => ({ dtype: 'F32', shape, data_offsets: [start, end] });

describe('round trip', () => {
  test('every element type, empty tensors and awkward names come back', () => {
    const { tensors, metadata } = readSafetensors(writeSafetensors(every));
    expect(metadata).toEqual({ format: 'pt' });
    expect(Object.fromEntries(tensors)).toEqual(Object.fromEntries(every));
  });

  test('aligned values are views, misaligned ones copies with the same values', () => {
    const bytes = writeSafetensors(every);
    const aligned = readSafetensors(bytes).tensors.get('b.float32')!;
    expect(aligned.data.buffer).toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const copied = readSafetensors(shifted.subarray(1)).tensors;
    expect(copied.get('b.float32')!.data.buffer).not.toBe(shifted.buffer);
    expect(Object.fromEntries(copied)).toEqual(Object.fromEntries(every));
  });

  test('the order is the Rust writer’s: element type, then name in code points; data start on a multiple of 8', () => {
    const head = readSafetensorsHeader(writeSafetensors(every), writeSafetensors(every).length);
    expect(head.entries[0]!.start % 8).toBe(0);
    const names = safetensorsChunks(every)[0]!;
    const header = Object.keys(JSON.parse(new TextDecoder().decode(names.subarray(8))) as object).filter(
      (name) => name !== '0',
    );
    expect(header.join(' ')).toMatchInlineSnapshot(
      `"__metadata__ e.int64 a.float64 b.float32 k.empty 가중치.🙂 g.uint32 f.int32 d.bfloat16 c.float16 h.int8 i.uint8 j.bool"`,
    );
    const astral: [string, TensorData][] = ['\u{1F642}', '\uFFFD'].map((name) => [
      name,
      { dtype: 'int8', shape: [0], data: newArray('int8', 0) },
    ]);
    expect([...readSafetensors(writeSafetensors(astral)).tensors.keys()]).toEqual(['\uFFFD', '\u{1F642}']);
  });

  test('no metadata writes none', () => {
    expect(readSafetensors(writeSafetensors([], {}))).toEqual({ tensors: new Map(), metadata: {} });
  });
});

describe.skipIf(!existsSync(models))('real checkpoints (skipped where ../shared is absent)', () => {
  test.each([
    'ckpt-gpt2-capp',
    'ckpt-bert-tiniest-lmbuddy',
    'ckpt-bert-tiny-st',
    'ckpt-timeseries-co2',
    'ckpt-gpt2-micro-lmbuddy',
  ])('%s is read, and written back to the same bytes', (folder) => {
    const bytes = new Uint8Array(readFileSync(new URL(`${folder}/model.safetensors`, models)));
    const { tensors, metadata } = readSafetensors(bytes);
    expect(tensors.size).toBeGreaterThan(0);
    expect(Buffer.compare(writeSafetensors(tensors, metadata), bytes)).toBe(0);
  });

  test('a truncated download is refused with the missing bytes', () => {
    const bytes = readFileSync(new URL('bad-minilm-truncated/model.safetensors', models));
    expect(() => readSafetensors(bytes, 'model.safetensors')).toThrowErrorMatchingInlineSnapshot(
      `[DataError: readSafetensors: model.safetensors is cut short: it has 1835008 bytes, its header promises 90864192; 89029184 bytes are missing; get the file again.]`,
    );
  });
});

describe('what is refused', () => {
  const cases: [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['seven bytes', new Uint8Array(7)],
    ['a header longer than the file', file('{}', 0).map((byte, i) => (i === 0 ? 99 : byte))],
    ['an absurd header length', new Uint8Array(16).fill(0xff)],
    ['a header that is not JSON', file('{oops', 0)],
    ['broken UTF-8', file('{"a":1}', 0).map((byte, i) => (i === 10 ? 0xff : byte))],
    ['a header that is a list', file('[]', 0)],
    ['a header behind white space', file(' {}', 0)],
    ['metadata with a number', file({ __metadata__: { step: 3 } }, 0)],
    ['an entry that is no object', file({ w: 3 }, 0)],
    ['a negative size', file({ w: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, 4)],
    ['offsets in reverse', file({ w: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } }, 4)],
    ['an unknown element type', file({ w: { dtype: 'F8_E4M3', shape: [4], data_offsets: [0, 4] } }, 4)],
    ['a shape larger than its bytes', file({ w: f32(0, 4, [2]) }, 4)],
    ['an overlap', file({ a: f32(0, 8), b: f32(4, 12) }, 12)],
    ['a hole', file({ a: f32(0, 4), b: f32(8, 12) }, 12)],
    ['a hole at the start', file({ a: f32(4, 8) }, 8)],
    ['missing data', file({ a: f32(0, 400) }, 12)],
    ['data of no tensor', file({ a: f32(0, 4) }, 12)],
  ];
  test('each broken file has a message of its own', () => {
    const messages = cases.map(([note, bytes]) => {
      try {
        readSafetensors(bytes, 'x.safetensors');
        return `${note}: ACCEPTED`;
      } catch (error) {
        return `${note}: ${String(error)}`;
      }
    });
    expect(messages).toMatchInlineSnapshot(`
      [
        "nothing: DataError: readSafetensors: x.safetensors has 0 bytes; a safetensors file starts with 8 bytes that hold its header's length; get the file again.",
        "seven bytes: DataError: readSafetensors: x.safetensors has 7 bytes; a safetensors file starts with 8 bytes that hold its header's length; get the file again.",
        "a header longer than the file: DataError: readSafetensors: x.safetensors has 10 bytes, its header alone needs 107; 97 bytes are missing; get the file again.",
        "an absurd header length: DataError: readSafetensors: x.safetensors claims a header of 18446744073709552000 bytes; at most 100000000 are allowed, so this is no safetensors file; get the file again.",
        "a header that is not JSON: DataError: readSafetensors: x.safetensors has a header that is not JSON, so this is no safetensors file; get the file again.",
        "broken UTF-8: DataError: readSafetensors: x.safetensors has a header that is not JSON, so this is no safetensors file; get the file again.",
        "a header that is a list: DataError: readSafetensors: x.safetensors has a header that is not a JSON object, so this is no safetensors file; get the file again.",
        "a header behind white space: DataError: readSafetensors: x.safetensors has a header that is not a JSON object, so this is no safetensors file; get the file again.",
        "metadata with a number: DataError: readSafetensors: x.safetensors has a __metadata__ that is not an object of strings; get the file again.",
        "an entry that is no object: DataError: readSafetensors: x.safetensors is broken: the entry of w is not an object; get the file again.",
        "a negative size: DataError: readSafetensors: x.safetensors is broken: w has no valid shape; get the file again.",
        "offsets in reverse: DataError: readSafetensors: x.safetensors is broken: w has no valid data_offsets; get the file again.",
        "an unknown element type: UnsupportedError: readSafetensors: x.safetensors: w has the element type F8_E4M3; qkv reads I64, F64, F32, U32, I32, BF16, F16, I8, U8, BOOL.",
        "a shape larger than its bytes: DataError: readSafetensors: x.safetensors is broken: w is F32 [2] and needs 8 bytes, but has 4; get the file again.",
        "an overlap: DataError: readSafetensors: x.safetensors is broken: the bytes of b overlap those of the tensor before it; get the file again.",
        "a hole: DataError: readSafetensors: x.safetensors is broken: 4 bytes before b belong to no tensor; get the file again.",
        "a hole at the start: DataError: readSafetensors: x.safetensors is broken: 4 bytes before a belong to no tensor; get the file again.",
        "missing data: DataError: readSafetensors: x.safetensors is cut short: it has 78 bytes, its header promises 466; 388 bytes are missing; get the file again.",
        "data of no tensor: DataError: readSafetensors: x.safetensors has 8 bytes after its last tensor that belong to none; get the file again.",
      ]
    `);
  });

  test('a shape that does not fit its values, a name twice, an array of another type', () => {
    const row = (shape: number[]): [string, TensorData] => ['w', { dtype: 'float32', shape, data: new Float32Array(2) }];
    expect(() => writeSafetensors([row([3])])).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: writeSafetensors: w has shape [3] and 2 values; the shape needs 3.]`,
    );
    expect(() => writeSafetensors([row([2]), row([2])])).toThrowErrorMatchingInlineSnapshot(
      `[DataError: writeSafetensors: the name w is taken; give each tensor a name of its own.]`,
    );
    const wrong = { dtype: 'float32', shape: [2], data: new Float64Array(2) } as unknown as TensorData;
    expect(() => writeSafetensors([['w', wrong]])).toThrowErrorMatchingInlineSnapshot(
      `[DTypeError: writeSafetensors: w is float32 held in a Float64Array; the two do not fit.]`,
    );
  });
});

describe('shards', () => {
  const shard = (...names: string[]) =>
    writeSafetensors(names.map((name) => [name, { dtype: 'int8', shape: [1], data: new Int8Array([name.length]) }]));
  const index = (weight_map: unknown) => JSON.stringify({ metadata: { total_size: 3 }, weight_map });
  const files: Record<string, Uint8Array> = { '1.safetensors': shard('a', 'bb'), '2.safetensors': shard('ccc') };

  test('are read once each and joined', async () => {
    const asked: string[] = [];
    const tensors = await readShardedSafetensors(
      index({ a: '1.safetensors', ccc: '2.safetensors', bb: '1.safetensors' }),
      async (name) => {
        asked.push(name);
        return files[name]!;
      },
    );
    expect([...tensors].map(([name, { data }]) => [name, data[0]])).toEqual([
      ['a', 1],
      ['ccc', 3],
      ['bb', 2],
    ]);
    expect(asked).toEqual(['1.safetensors', '2.safetensors']);
  });

  test('a broken or foreign index is refused', async () => {
    const indexes = [
      '{',
      '{}',
      index({ a: '../1.safetensors' }),
      index({ a: '1.safetensors', bb: '1.safetensors', z: '2.safetensors', ccc: '2.safetensors' }),
      index({ a: '1.safetensors' }),
      index({ a: '1.safetensors', bb: '2.safetensors', ccc: '2.safetensors' }),
    ];
    const messages = indexes.map((text) =>
      readShardedSafetensors(text, async (name) => files[name]!, 'index.json').then(() => 'ACCEPTED', String),
    );
    expect(await Promise.all(messages)).toMatchInlineSnapshot(`
      [
        "DataError: readShardedSafetensors: index.json is not JSON; get the file again.",
        "DataError: readShardedSafetensors: index.json has no weight_map object; get the file again.",
        "DataError: readShardedSafetensors: index.json puts a into "../1.safetensors"; a plain file name is needed.",
        "DataError: readShardedSafetensors: index.json puts z into 2.safetensors, which does not hold it; the files are not of one checkpoint.",
        "DataError: readShardedSafetensors: 1.safetensors holds bb, which index.json does not name; the files are not of one checkpoint.",
        "DataError: readShardedSafetensors: 1.safetensors holds bb, which index.json puts into 2.safetensors; the files are not of one checkpoint.",
      ]
    `);
  });
});
