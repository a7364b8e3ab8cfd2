import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functional } from '../nn/index.ts';
import { probeRuntimes } from '../runtime/index.ts';
import { clearCache, compile, concat, memory, randn, setDefaultDevice, type Tensor, tensor } from '../tensor/index.ts';
import { KeyValueCache } from './index.ts';

const numbers = async (x: Tensor) => Array.from((await x.data()) as Float32Array);
const shapes = { num_hidden_layers: 2, num_key_value_heads: 3, head_dim: 4, batch_size: 2 };
const state = async (T: number) => {
  const x = randn([2, 3, T, 4]);
  await x.data();
  return x;
};

for (const { name, device, availability } of await probeRuntimes()) {
  const skipped = availability.available ? '' : ` (${availability.reason})`;
  describe.skipIf(!availability.available)(`KeyValueCache on ${name}${skipped}`, () => {
    beforeAll(() => setDefaultDevice(device, { runtime: name }));
    afterAll(async () => {
      await clearCache();
      setDefaultDevice(null);
    });

    it('has room for as many places as it is told, and grows beyond', async () => {
      using cache = await KeyValueCache.create({ ...shapes, max_cache_len: 6 });
      const read = async (T: number) => {
        const states = [await state(T), await state(T), await state(T), await state(T)];
        await cache.append([
          { key: states[0]!, value: states[1]! },
          { key: states[2]!, value: states[3]! },
        ]);
      };
      await read(5);
      await read(1);
      expect([cache.length, cache.room]).toEqual([6, 6]);
      await read(1);
      expect([cache.length, cache.room, cache.mask().shape]).toEqual([7, 64, [2, 1, 1, 64]]);
    });

    it('attends over what was read before as over all at once, with padding, past the room it began with', async () => {
      using cache = await KeyValueCache.create(shapes);
      const attend = compile((q: Tensor, k: Tensor, v: Tensor, mask: Tensor, key: Tensor, value: Tensor) =>
        functional.scaledDotProductAttention(q, k, v, { is_causal: true, past: { key, value, attn_mask: mask } }),
      );
      const lengths = [5, 1, 60, 1, 3, 1];
      const seen: { q: Tensor; k: Tensor; v: Tensor; out: number[] }[] = [];
      const { compiled } = memory().cache;
      for (const [step, T] of lengths.entries()) {
        const [q, k, v] = [await state(T), await state(T), await state(T)];
        const { key, value } = cache.layers[1]!;
        const copies = {
          k: tensor((await k.data()) as Float32Array<ArrayBuffer>, { shape: k.shape }),
          v: tensor((await v.data()) as Float32Array<ArrayBuffer>, { shape: v.shape }),
        };
        const out = await numbers(await attend(q, k, v, cache.mask(), key, value));
        seen.push({ q, ...copies, out });
        // The second text begins with two places of padding.
        const attention_mask =
          step === 0
            ? [
                [1, 1, 1, 1, 1],
                [0, 0, 1, 1, 1],
              ]
            : undefined;
        await cache.append(
          [
            { key: await state(T), value: await state(T) },
            { key: k, value: v },
          ],
          attention_mask,
        );
      }
      expect(memory().cache.compiled - compiled).toBeLessThanOrEqual(2);
      expect([cache.length, cache.room]).toEqual([71, 128]);
      const all = (part: 'k' | 'v', count: number) =>
        concat(
          seen.slice(0, count).map((one) => one[part]),
          2,
        );
      for (const [step, { q, out }] of seen.entries()) {
        // The first step's own padding is for its caller to leave out.
        if (step === 0) continue;
        const [before, T] = [lengths.slice(0, step).reduce((a, b) => a + b), lengths[step]!];
        const allowed = [0, 2].map((padding) => [
          Array.from({ length: T }, (_, t) => Array.from({ length: before + T }, (_, s) => s >= padding && s <= before + t)),
        ]);
        const flat = allowed.flat(3).map(Number);
        const attn_mask = tensor(Uint8Array.from(flat), { shape: [2, 1, T, before + T], dtype: 'bool' });
        const whole = functional.scaledDotProductAttention(q, all('k', step + 1), all('v', step + 1), { attn_mask });
        const want = await numbers(whole);
        expect(Math.max(...want.map((x, i) => Math.abs(x - out[i]!)))).toBeLessThan(1e-5);
      }
    });

    it('frees what it took', async () => {
      const before = memory().buffers;
      const cache = await KeyValueCache.create(shapes);
      await cache.append([0, 1].map(() => ({ key: randn([2, 3, 70, 4]), value: randn([2, 3, 70, 4]) })));
      cache.dispose();
      expect(memory().buffers).toBe(before);
    });
  });
}

describe('KeyValueCache', () => {
  it('refuses by name', async () => {
    const messageOf = (work: () => Promise<unknown>) => work().then(() => 'nothing was thrown', String);
    expect(await messageOf(() => KeyValueCache.create({ ...shapes, head_dim: 0 }))).toMatchInlineSnapshot(
      `"ConfigError: KeyValueCache: head_dim is 0; it must be a whole number from 1."`,
    );
    using cache = await KeyValueCache.create(shapes);
    expect(await messageOf(async () => cache.append([{ key: await state(1), value: await state(1) }]))).toMatchInlineSnapshot(
      `"ConfigError: KeyValueCache: states of 1 layers came; the cache has 2."`,
    );
    const other = async () => ({ key: randn([2, 2, 1, 4]), value: randn([2, 2, 1, 4]) });
    expect(await messageOf(async () => cache.append([await other(), await other()]))).toMatchInlineSnapshot(
      `"ShapeError: writePlaces: the target is [2, 3, 64, 4] and the source [2, 2, 1, 4]; they must agree on all axes but 2, and on the element type."`,
    );
  });
});
