import { describe, expect, it } from 'vitest';
import { randomBytes, seedKey, sizeOf } from '../core/index.ts';
import type { Value } from '../graph/index.ts';
import { optimize } from '../onnx/index.ts';
import { add, data, type HostSource, reshape, slice } from '../ops/index.ts';
import { dropout, ones } from './create.ts';
import { narrowRandom, randomPart } from './narrow-random.ts';
import type { RandomSource } from './sources.ts';
import { Tensor } from './tensor.ts';

const key = seedKey(3);
const bytes = (...shape: number[]) => data({ shape, dtype: 'uint8' }, { kind: 'random', key } as RandomSource);

/** How many bytes are drawn for a graph. */
function drawn(outputs: Parameters<typeof narrowRandom>[0]): number[] {
  return Array.from(narrowRandom(outputs).leaves.keys(), ({ outputs: [y] }) => sizeOf(y!.shape));
}

describe('random bytes', () => {
  it('are drawn as far as they are read, under any shape', () => {
    const x = bytes(4, 6, 5);
    expect(drawn([slice(x, { axis: 1, start: 0, end: 1 })])).toEqual([4 * 5]);
    const flat = reshape(x, { shape: [2, 60] });
    expect(drawn([reshape(slice(flat, { axis: 1, start: 10, end: 30 }), { shape: [40] })])).toEqual([40]);
  });

  it('are drawn whole where something reads them whole, or they are read in two ways', () => {
    const x = bytes(4, 6, 5);
    const first = slice(x, { axis: 1, start: 0, end: 1 });
    expect(drawn([first, x])).toEqual([]);
    expect(drawn([first, slice(x, { axis: 1, start: 1, end: 2 })])).toEqual([]);
    expect(drawn([first, add(x, x)])).toEqual([]);
    expect(drawn([add(bytes(3), bytes(3))])).toEqual([]);
  });

  it('of a part are those that the whole has there', () => {
    const whole = randomBytes(key, 3 * 7 * 5);
    const part = randomPart(key, { outer: 3, length: 7, inner: 5, start: 2, end: 4 });
    const want = Array.from({ length: 3 }, (_, i) => Array.from(whole.subarray((i * 7 + 2) * 5, (i * 7 + 4) * 5))).flat();
    expect(Array.from(part)).toEqual(want);
  });

  it('give dropout the numbers that the whole mask has', async () => {
    const x = ones([3, 8, 4]);
    const dropped = dropout(x, 0.5, { key });
    const first = dropped.slice(1, 2, 3);
    expect(drawn(optimize([first.value], () => false))).toEqual([3 * 4]);
    const alone = await first.toArray();
    const whole = await dropped.toArray();
    expect(alone).toEqual((whole as number[][][]).map((rows) => [rows[2]]));
  });

  it('are told from bytes that are given, in a graph that is otherwise the same', async () => {
    const read = async (leaf: Value) => (await new Tensor(slice(leaf, { axis: 0, start: 1, end: 3 })).toArray()) as number[];
    expect(await read(bytes(5))).toEqual(Array.from(randomBytes(key, 2, 1)));
    const given = data({ shape: [5], dtype: 'uint8' }, { kind: 'host', data: Uint8Array.of(9, 8, 7, 6, 5) } as HostSource);
    expect(await read(given)).toEqual([8, 7]);
    expect(await read(bytes(5))).toEqual(Array.from(randomBytes(key, 2, 1)));
  });
});
