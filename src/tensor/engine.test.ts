import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Runtime, RuntimeBuffer } from '../runtime/index.ts';
import { probeRuntimes } from '../runtime/index.ts';
import { prepare } from './engine.ts';
import { clearCache, evaluate, execute, grad, memory, ones, randn, scan, type Tensor, tensor, zeros } from './index.ts';
import { ProgramCache } from './programs.ts';

const runtimes = await probeRuntimes();
const devices = new Set(runtimes.flatMap(({ device, availability }) => (availability.available ? [device] : [])));
const hasBoth = devices.has('cpu') && devices.has('wasm');

/** More numbers than are handed over at each run: they stay with the runtime. */
const many = (fill: number) => tensor(new Float32Array(64).fill(fill));
const bufferOf = (x: Tensor) => (x.value.node.source as unknown as { readonly buffer: RuntimeBuffer }).buffer;

beforeEach(clearCache);
afterEach(clearCache);

describe('evaluate', () => {
  test('computes what is asked for together in one run', async () => {
    const x = many(2).exp();
    const [y, z] = [x.add(1), x.mul(3)];
    const before = memory().cache;
    await evaluate([y, z, y]);
    expect(memory().cache.compiled - before.compiled).toBe(1);
    expect(y.isComputed && z.isComputed).toBe(true);
    expect(x.isComputed).toBe(false);
    await evaluate([y, z]);
    expect(memory().cache).toMatchObject({ compiled: before.compiled + 1, hits: before.hits });
  });

  test('takes nothing, leaves and constants', async () => {
    await evaluate([]);
    const leaf = tensor([1, 2]);
    await evaluate([leaf, zeros([2])]);
    expect(await zeros([2]).toArray()).toEqual([0, 0]);
    expect(await ones([]).item()).toBe(1);
    expect(await leaf.toArray()).toEqual([1, 2]);
  });

  test('of the same tensor twice at once gives both the same', async () => {
    const start = memory();
    const x = many(1).add(1);
    const [a, b] = await Promise.all([x.data(), x.data()]);
    expect(a).toEqual(b);
    x.dispose();
    expect(memory().buffers - start.buffers).toBe(1);
  });

  test('runs many graphs at once', async () => {
    const shared = many(1);
    // More than the number of programs that are kept.
    const results = await Promise.all(
      Array.from({ length: 80 }, (_, i) =>
        shared
          .mul(i)
          .sum()
          .sub(i + 0.5)
          .item(),
      ),
    );
    expect(results).toEqual(Array.from({ length: 80 }, (_, i) => 64 * i - i - 0.5));
  });

  test('a tensor disposed while it is computed is freed when that is done', async () => {
    const start = memory().buffers;
    const x = many(1).add(1);
    const reading = x.data();
    x.dispose();
    await expect(reading).rejects.toThrow(/it was disposed/);
    expect(memory().buffers - start).toBe(1);
  });
});

describe('the compile cache', () => {
  const step = (x: Tensor, w: Tensor) => grad((v) => x.matmul(v).tanh().square().mean())(w)[0]!;
  const w = randn([4, 3], { key: [1, 2] });

  test('finds a graph of the same structure and shapes ready', async () => {
    await step(randn([8, 4]), w).data();
    const { compiled, hits, reshaped } = memory().cache;
    for (let i = 1; i <= 3; i++) {
      await step(randn([8, 4]), w).data();
      expect(memory().cache).toMatchObject({ compiled, reshaped, hits: hits + i });
    }
  });

  test('compiles nothing for another batch shape', async () => {
    const first = await step(randn([8, 4], { key: [3, 4] }), w).data();
    const { compiled, reshaped } = memory().cache;
    for (const batch of [16, 1, 5]) await step(randn([batch, 4]), w).data();
    expect(memory().cache).toMatchObject({ compiled, reshaped: reshaped + 3 });
    expect(await step(randn([8, 4], { key: [3, 4] }), w).data()).toEqual(first);
  });

  test('gives for another batch shape what compiling anew gives', async () => {
    const x = randn([5, 4], { key: [5, 6] });
    await step(randn([8, 4]), w).data();
    const reused = await step(x, w).data();
    await clearCache();
    expect(await step(x, w).data()).toEqual(reused);
  });

  test('compiles another structure, attribute or element type', async () => {
    const x = tensor(new Float32Array(64), { shape: [8, 8] });
    const graphs = [
      () => x.add(1),
      () => x.add(2),
      () => x.mul(1.5),
      () => x.softmax(0),
      () => x.softmax(1),
      () => x.cast('int32'),
    ];
    for (const [i, graph] of graphs.entries()) {
      const { compiled } = memory().cache;
      await graph().data();
      expect([i, memory().cache.compiled]).toEqual([i, compiled + 1]);
    }
  });

  test('two at once of one structure compile it once', async () => {
    const { compiled } = memory().cache;
    await Promise.all([many(1).add(7).data(), many(2).add(7).data()]);
    expect(memory().cache.compiled).toBe(compiled + 1);
  });

  test('keeps a bounded number of programs and of plans, the latest used', async () => {
    const x = many(1);
    const scaled = (i: number) => x.mul(i + 0.5);
    for (let i = 0; i < 70; i++) {
      await scaled(0).data();
      const y = scaled(i);
      await y.data();
    }
    expect(memory().cache.programs).toBeLessThanOrEqual(64);
    const { compiled } = memory().cache;
    await scaled(0).data();
    await scaled(69).data();
    expect(memory().cache.compiled).toBe(compiled);
    await scaled(1).data();
    expect(memory().cache.compiled).toBe(compiled + 1);

    for (let rows = 1; rows <= 600; rows++) {
      const y = tensor(new Float32Array(rows * 2), { shape: [rows, 2] }).sum(0);
      await y.data();
      y.dispose();
    }
    expect(memory().cache.plans).toBeLessThanOrEqual(512);
  });

  test('clearCache frees everything and is forgotten at the next evaluation', async () => {
    const x = many(3).reshape(8, 8).sum(0);
    expect(Number((await x.data())[0])).toBe(24);
    expect(memory().cache).toMatchObject({ plans: 1, programs: 1 });
    await clearCache();
    expect(memory().cache).toMatchObject({ plans: 0, programs: 0, buffers: 0, bytes: 0 });
    expect(await many(3).reshape(8, 8).sum(0).toArray()).toEqual(new Array(8).fill(24));
  });
});

describe('memory', () => {
  test('returns to its start when everything is disposed', async () => {
    const start = memory();
    const w = tensor(new Float32Array(64).fill(2), { requiresGrad: true });
    const loss = w.square().sum();
    loss.backward();
    await evaluate([loss, w.grad!]);
    expect(memory().buffers - start.buffers).toBe(3);
    expect(memory().bytes - start.bytes).toBe(2 * 256 + 4);
    loss.dispose();
    w.dispose();
    expect(memory()).toMatchObject({ buffers: start.buffers, bytes: start.bytes });
  });

  test('counts nothing twice: small data are handed over and not kept, larger are uploaded once', async () => {
    const start = memory().buffers;
    const [small, large] = [tensor([1, 2]), many(1)];
    for (let i = 0; i < 3; i++) {
      const [a, b] = [small.add(1), large.add(1)];
      await evaluate([a, b]);
      a.dispose();
      b.dispose();
    }
    expect(memory().buffers - start).toBe(1);
    large.dispose();
    expect(memory().buffers).toBe(start);
  });
});

describe('an error', () => {
  test('inside a run is told, frees what was allocated, and leaves everything usable', async () => {
    const table = tensor(new Float32Array(64), { shape: [32, 2] });
    await evaluate([table.add(1)]);
    const start = memory();
    // The index is known to be wrong only when the runtime reads it.
    const wrong = table.rows(tensor([40], { dtype: 'int32' }));
    await expect(wrong.data()).rejects.toThrow(/indices element out of data bounds, idx=40/);
    expect(memory()).toMatchObject({ buffers: start.buffers, bytes: start.bytes });
    expect(await table.rows(tensor([4], { dtype: 'int32' })).toArray()).toEqual([[0, 0]]);
    await expect(wrong.data()).rejects.toThrow(/idx=40/);
  });

  test('while binding frees what was bound before', async () => {
    const x = many(1).add(1);
    await evaluate([x]);
    const y = x.mul(tensor([2]));
    const start = memory();
    x.dispose();
    for (let i = 0; i < 3; i++) await expect(y.data()).rejects.toThrow(/disposed/);
    expect(memory().buffers).toBe(start.buffers - 1);
  });

  test('an overwritten value is refused by the name of the writer', async () => {
    const w = tensor(new Float32Array(64).fill(1), { requiresGrad: true });
    const next = w.add(1);
    const [first] = await execute([{ value: next.value }]);
    w.assign(first!);
    const built = tensor([2]).mul(w);
    const [second] = await execute([{ value: w.add(1).value }]);
    w.assign(second!)!.overwrite('AdamW.step()');
    const start = memory().buffers;
    await expect(built.data()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DisposedError: evaluate: a tensor was computed from values that AdamW.step() has since overwritten. Evaluate it before that; gradients are cleared by optimizer.zeroGrad() after each step.]`,
    );
    expect(memory().buffers).toBe(start);
    expect(Number((await w.data())[0])).toBe(3);
  });
});

describe('a signal', () => {
  test('aborted before keeps the run from starting', async () => {
    const x = many(1).add(1);
    await expect(x.data({ signal: AbortSignal.abort(new Error('not wanted')) })).rejects.toThrow('not wanted');
    expect(x.isComputed).toBe(false);
    expect(Number((await x.data())[0])).toBe(2);
  });

  test.skipIf(!devices.has('cpu'))(
    'aborted on the way stops the run, frees its memory and leaves everything usable',
    async () => {
      const a = tensor(new Float32Array(512 * 512).fill(1 / 512), { shape: [512, 512] });
      const power = (count: number) => {
        let y = a;
        for (let i = 0; i < count; i++) y = y.matmul(a).add(0);
        return y;
      };
      await evaluate([power(1)]);
      const start = memory();
      const long = power(400);
      const controller = new AbortController();
      const began = performance.now();
      const running = long.data({ signal: controller.signal });
      setTimeout(() => controller.abort(new Error('stop')), 50);
      await expect(running).rejects.toThrow('stop');
      expect(performance.now() - began).toBeLessThan(5000);
      expect(memory()).toMatchObject({ buffers: start.buffers, bytes: start.bytes });
      expect(Number((await power(2).data())[0])).toBeCloseTo(1 / 512, 6);
    },
  );
});

test('what a runtime lacks is refused by name where none stands in for it', async () => {
  const poor = { name: 'poor', has: () => false, computes: () => false, standIn: async () => null };
  const refusal = (y: Tensor) => {
    const { key, order, aliases } = prepare([{ value: y.value }]);
    return new ProgramCache(poor as unknown as Runtime).find(key, order, [y.value], aliases, async () => [], true);
  };
  const step = ([sum]: readonly Tensor[], [slice]: readonly Tensor[]) => ({ carried: [sum!.add(slice!)], stacked: [] });
  await expect(refusal(scan(step, { carried: [zeros([2])], sliced: [ones([3, 2])] }).carried[0]!)).rejects.toThrow(
    'evaluate: the graph has a loop, of which poor has none whose body sees values from outside. Compute on another runtime (qkv doctor lists them).',
  );
  await expect(refusal(tensor(new Float64Array(64)).add(1))).rejects.toThrow(
    'evaluate: the graph has float64, for which poor has no arithmetic.',
  );
});

const openVino = runtimes.find(({ name }) => name === 'openvino')!.availability;
describe.skipIf(!openVino.available)(
  `what a runtime lacks${openVino.available ? '' : ` (openvino: ${openVino.reason})`}`,
  () => {
    const place = { runtime: 'openvino', precision: 'bfloat16' } as const;
    const sums = (x: Tensor): Tensor => {
      const step = ([total]: readonly Tensor[], [slice]: readonly Tensor[]) => {
        const next = total!.add(slice!);
        return { carried: [next], stacked: [next.mul(2)] };
      };
      return scan(step, { carried: [zeros([64])], sliced: [x] }).stacked[0]!;
    };

    test('is computed by the one that stands in for it, in the same memory, and goes on there', async () => {
      const x = await tensor(
        Float32Array.from({ length: 320 }, (_, i) => Math.sin(i)),
        { shape: [5, 64] },
      ).to(place);
      const looped = sums(x);
      const y = looped.mul(1);
      await evaluate([y]);
      expect(bufferOf(y).runtime).toBe(bufferOf(x).runtime);
      expect(bufferOf(y).runtime.name).toBe('openvino');
      expect(await y.data()).toEqual(await sums(await x.to({ runtime: 'ort' })).data());
      // The loop's result is read by a graph without one, which the runtime computes itself, while the next loop is on its way.
      const [doubled, again] = [y.add(y), sums(y)];
      const [a, b] = await Promise.all([doubled.data(), again.data()]);
      expect(Number(a[7])).toBe(2 * Number((await y.data())[7]));
      expect(Number(b[3])).toBe(2 * Number((await y.data())[3]));
    });

    test('has a gradient there, and its buffers are freed with the others', async () => {
      const w = tensor(new Float32Array(64).fill(0.5), { requiresGrad: true });
      await w.moveTo(place);
      const rows = await many(1).to(place);
      const start = memory();
      for (let step = 0; step < 3; step++) {
        sums(rows.mul(w).reshape(1, 64)).sum().backward();
        expect(Array.from(await w.grad!.data(), Number)).toEqual(Array.from({ length: 64 }, () => 2));
        w.grad!.dispose();
        w.grad = null;
      }
      expect(memory().buffers).toBe(start.buffers);
    });

    test('computes float64', async () => {
      const x = tensor(new Float64Array(64).fill(1 + 2 ** -40));
      expect(Number((await x.mul(x).data({ device: place }))[0])).toBe((1 + 2 ** -40) ** 2);
    });
  },
);

describe.skipIf(!hasBoth)('devices', () => {
  test('to copies, and says where a tensor lies', async () => {
    const x = many(3).add(1);
    expect(x.device).toBeNull();
    await x.data({ device: 'cpu' });
    expect(x.device).toBe('cpu');
    const there = await x.to('wasm');
    expect([x.device, there.device]).toEqual(['cpu', 'wasm']);
    const y = there.mul(2);
    expect(Number((await y.data())[0])).toBe(8);
    expect(y.device).toBe('wasm');
    expect(bufferOf(y).runtime.device).toBe('wasm');
  });

  test('what is computed from two is refused; data from JavaScript follow either', async () => {
    const [here, there] = [await many(1).to('cpu'), await many(2).to('wasm')];
    await expect(here.add(there).data()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: evaluate: the inputs lie on two devices, cpu (ort) and wasm (ort-web); all must lie on one. Move them with to(), which takes a device, or { runtime, precision }.]`,
    );
    const data = many(5);
    expect(Number((await here.add(data).data())[0])).toBe(6);
    expect(Number((await there.add(data).data())[0])).toBe(7);
    expect(Number((await here.add(data).data())[0])).toBe(6);
  });

  test('moveTo takes a parameter along, and frees what it left', async () => {
    const w = tensor(new Float32Array(64).fill(1), { requiresGrad: true });
    await evaluate([w.add(1)]);
    const start = memory().buffers;
    await w.moveTo('wasm');
    expect([w.device, w.requiresGrad]).toEqual(['wasm', true]);
    expect(memory().buffers).toBe(start);
    w.square().sum().backward();
    expect(Number((await w.grad!.data())[0])).toBe(2);
    expect(w.grad!.device).toBe('wasm');
  });

  test('a device that is not here is refused', async () => {
    await expect(many(1).add(1).data({ device: 'cuda' })).rejects.toThrow(/there is no runtime on the device cuda/);
  });
});
