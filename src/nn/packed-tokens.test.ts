import { describe, expect, test } from 'vitest';
import { compile, evaluate, peek, randn, Tensor, tensor } from '../tensor/index.ts';
import { crossEntropy, linear } from './functional/index.ts';
import { labelledRows, PackedTokens, roundedPlaces } from './packed-tokens.ts';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

/** A mask of 40 texts of 16 tokens, the i-th of `length(i)` tokens. */
const maskOf = (length: (row: number) => number) =>
  tensor(
    Array.from({ length: 40 }, (_, row) => Array.from({ length: 16 }, (_, t) => (t < length(row) ? 1 : 0))),
    { dtype: 'int32' },
  );

describe('roundedPlaces', () => {
  test('are those that count and a few more, in order, none twice', () => {
    const places = roundedPlaces((place) => place % 9 === 4, 100)!;
    expect(places).toHaveLength(16);
    expect([...new Set(places)].sort((a, b) => a - b)).toEqual(places);
    expect(places.filter((place) => place % 9 === 4)).toHaveLength(11);
  });

  test('come in few lengths', () => {
    const lengths = new Set(Array.from({ length: 800 }, (_, n) => roundedPlaces((place) => place < n, 4096)?.length));
    expect([...lengths]).toEqual([64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832]);
  });

  test('are not worth it where nearly all count', () => {
    expect(roundedPlaces((place) => place > 0, 100)).toBeNull();
  });
});

describe('PackedTokens', () => {
  test('takes tokens out of their padding and puts them back', async () => {
    const mask = maskOf((row) => 1 + (row % 7));
    const packing = PackedTokens.of(mask)!;
    const x = randn([40, 16, 3]);
    const packed = packing.pack(x);
    expect(packed.shape).toEqual([160, 3]);
    const back = packing.unpack(packed);
    const firsts = packing.firsts(packed);
    await evaluate([x, back, firsts]);
    const [all, again, shown] = await Promise.all([numbers(x), numbers(back), numbers(mask)]);
    for (const [token, counts] of shown.entries()) {
      if (counts) expect(again.slice(3 * token, 3 * token + 3)).toEqual(all.slice(3 * token, 3 * token + 3));
    }
    expect(again.filter((number) => number !== 0)).toHaveLength(3 * 160);
    expect(await numbers(firsts)).toEqual(await numbers(x.select(1, 0)));
    const positions = await numbers(packing.positions);
    expect(positions.filter((position) => position === 0)).toHaveLength(40);
  });

  test('keeps what is known beforehand known', async () => {
    const mask = maskOf(() => 4);
    const ids = tensor(
      Array.from({ length: 640 }, (_, i) => i),
      { shape: [40, 16], dtype: 'int32' },
    );
    const packed = PackedTokens.of(mask)!.pack(ids);
    expect(packed.dtype).toBe('int32');
    expect((await numbers(packed)).slice(0, 6)).toEqual([0, 1, 2, 3, 16, 17]);
    expect(PackedTokens.of(PackedTokens.of(mask)!.pack(mask).reshape(40, 4))).toBeNull();
  });

  test('is not there without padding, nor where the mask is computed or will be another', async () => {
    expect(PackedTokens.of(maskOf(() => 16))).toBeNull();
    expect(PackedTokens.of(maskOf(() => 4).mul(tensor(1, { dtype: 'int32' })))).toBeNull();
    let traced: PackedTokens | null | undefined;
    await compile((mask: Tensor) => {
      traced = PackedTokens.of(mask);
      return mask.cast('float32').sum();
    })(maskOf(() => 4));
    expect(traced).toBeNull();
  });
});

describe('labelledRows', () => {
  const labels = Array.from({ length: 200 }, (_, i) => (i % 10 === 3 ? i % 4 : -100));
  const weight = randn([4, 8]);
  const states = randn([200, 8]);

  test('gives the same loss and gradient as all rows', async () => {
    const lossOf = (targets: Tensor) => {
      const x = new Tensor(states.value, { requiresGrad: true });
      const loss = crossEntropy(linear(x, weight, null), targets);
      loss.backward();
      return [loss, x.grad!] as const;
    };
    const known = lossOf(tensor(labels, { dtype: 'int32' }));
    const computed = lossOf(tensor(labels, { dtype: 'int32' }).add(tensor(0, { dtype: 'int32' })));
    await evaluate([...known, ...computed]);
    for (const i of [0, 1] as const) {
      const want = await numbers(computed[i]);
      for (const [k, number] of (await numbers(known[i])).entries()) expect(number).toBeCloseTo(want[k]!, 5);
    }
    // A tenth of the rows is labelled; the graph that was written has all of them.
    const { flops, flopsNeeded } = peek(...known);
    expect(flopsNeeded / flops).toBeLessThan(0.4);
  });

  test('are all rows where nearly all count, or nobody knows yet', () => {
    const all = tensor(
      labels.map((_, i) => i % 4),
      { dtype: 'int32' },
    );
    expect(labelledRows(states, all, -100)[0]).toBe(states);
    const computed = tensor(labels, { dtype: 'int32' }).add(tensor(0, { dtype: 'int32' }));
    expect(labelledRows(states, computed, -100)[0]).toBe(states);
  });
});
