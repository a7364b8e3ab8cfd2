import { describe, expect, it } from 'vitest';
import { randomPermutation, seedKey, type TypedArray } from '../../core/index.ts';
import { Linear } from '../../nn/index.ts';
import { AdamW, clipGradNorm } from '../../optim/index.ts';
import { chooseRuntime, probeRuntimes } from '../../runtime/index.ts';
import { clearCache, type Device, manualSeed, memory, type Placement, tensor } from '../../tensor/index.ts';
import { BertForSequenceClassification } from './bert.ts';

const sizes = {
  vocab_size: 60,
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 64,
  max_position_embeddings: 32,
};

/** A batch of random tokens, the label of a row is hidden in two of them; the batch's shape changes from step to step. */
function batch(step: number) {
  const [B, T] = [4 + (step % 3) * 2, 8 + (step % 4) * 4];
  const order = randomPermutation(seedKey(step), B * T);
  const ids = Int32Array.from(order, (place) => 9 + (place % 51));
  const labels = Int32Array.from({ length: B }, (_, row) => {
    const label = order[row * T]! % 2;
    for (const place of [1, 2]) ids[row * T + place + (order[row * T + place]! % (T - 3))] = label === 0 ? 7 : 8;
    return label;
  });
  return { input_ids: tensor(ids, { shape: [B, T] }), labels: tensor(labels, { shape: [B] }) };
}

/** The losses of `steps` training steps with dropout, clipping and weight decay. */
async function train(place: Device | Placement, steps: number, seed: number, look?: Look): Promise<number[]> {
  manualSeed(seed);
  using model = new BertForSequenceClassification(sizes);
  await model.to(place);
  using optimizer = new AdamW(model.parameters(), { lr: 2e-3 });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const { loss } = model.forward(batch(step));
    loss!.backward();
    const norm = clipGradNorm(model.parameters(), 1);
    await optimizer.step();
    optimizer.zeroGrad();
    losses.push(await loss!.item());
    loss!.dispose();
    norm.dispose();
  }
  const optimized = (await optimizer.stateDict()).arrays;
  look?.({ weights: await model.stateDict(), optimized, losses });
  return losses;
}

/** What a training left. */
type Look = (left: {
  readonly weights: ReadonlyMap<string, { readonly data: TypedArray }>;
  readonly optimized: ReadonlyMap<string, { readonly data: TypedArray }>;
  readonly losses: readonly number[];
}) => void;

const widest = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
const openVino = (await probeRuntimes()).find(({ name }) => name === 'openvino')!.availability;
const float32 = { runtime: 'openvino' };
const bfloat16 = { runtime: 'openvino', precision: 'bfloat16' } as const;
const narrow = openVino.available ? (await chooseRuntime({ name: 'openvino', precision: 'bfloat16' }))?.precision : null;

describe('training BERT', () => {
  it('gives the same losses to the last bit for the same seed, others for another, and learns', async () => {
    const first = await train('cpu', 50, 3);
    expect(await train('cpu', 50, 3)).toEqual(first);
    expect(await train('cpu', 5, 4)).not.toEqual(first.slice(0, 5));
    const mean = (losses: number[]) => losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(mean(first.slice(-10))).toBeLessThan(0.8 * mean(first.slice(0, 10)));
  });

  it('agrees between cpu and wasm within 1e-4 over 50 steps', async () => {
    const [cpu, wasm] = [await train('cpu', 50, 3), await train('wasm', 50, 3)];
    expect(widest(cpu, wasm)).toBeLessThan(1e-4);
  });

  it('compiles one program for all batch shapes, and frees what it took', async () => {
    await clearCache();
    const before = memory();
    await train('cpu', 24, 1);
    const after = memory();
    expect(after.cache.compiled - before.cache.compiled).toBe(1);
    expect(after.cache.reshaped - before.cache.reshaped).toBe(11);
    expect(after.cache.hits - before.cache.hits).toBe(12);
    // Batches are left to the garbage collector; parameters, optimizer state and losses are gone.
    expect(after.bytes - before.bytes).toBeLessThan(24 * 16 * 32 * 4);
  });
});

describe.skipIf(!openVino.available)(`on openvino${openVino.available ? '' : ` (${openVino.reason})`}`, () => {
  it('agrees with ort within 1e-4 over 50 steps, and with itself to the last bit', async () => {
    const [ort, openvino] = [await train({ runtime: 'ort' }, 50, 3), await train(float32, 50, 3)];
    expect(widest(ort, openvino)).toBeLessThan(1e-4);
    expect(await train(float32, 50, 3)).toEqual(openvino);
  });

  it('compiles one program for all batch shapes, and frees what it took', async () => {
    await clearCache();
    const before = memory();
    await train(float32, 24, 1);
    const after = memory();
    expect(after.cache.compiled - before.cache.compiled).toBe(1);
    expect(after.bytes - before.bytes).toBeLessThan(24 * 16 * 32 * 4);
  });
});

/** The share of numbers that bfloat16 has: those whose lower half is zero. */
function narrowShare(arrays: Iterable<{ readonly data: TypedArray | Float32Array }>): number {
  let narrow = 0;
  let all = 0;
  for (const { data } of arrays) {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    for (const [i, word] of bits.entries()) {
      if (data[i] === 0) continue;
      all++;
      if ((word & 0xffff) === 0) narrow++;
    }
  }
  return narrow / all;
}

describe.skipIf(narrow !== 'bfloat16')(
  `in bfloat16 on openvino${narrow === 'bfloat16' ? '' : ' (not on this machine)'}`,
  () => {
    it('learns as in float32; weights, optimizer and losses have float32 bits', async () => {
      const wide = await train(float32, 50, 3);
      const losses = await train(bfloat16, 50, 3, ({ weights, optimized, losses }) => {
        // Norms start as ones, and the key's bias has a gradient that is nothing but rounding.
        expect(narrowShare(weights.values())).toBeLessThan(0.01);
        expect(narrowShare(optimized.values())).toBeLessThan(0.01);
        expect(narrowShare([{ data: Float32Array.from(losses) }])).toBeLessThan(0.1);
      });
      expect(losses).not.toEqual(wide);
      expect(widest(losses, wide)).toBeLessThan(0.05);
      expect(await train(bfloat16, 50, 3)).toEqual(losses);
    });

    it('products are rounded to bfloat16, sums of them are not', async () => {
      const n = 64;
      const a = tensor(
        Float32Array.from({ length: n * n }, (_, i) => Math.sin(i)),
        { shape: [n, n] },
      );
      const product = a.matmul(a);
      const there = await a.to(bfloat16);
      const narrowed = there.matmul(there);
      const [exact, rounded] = [await product.data(), await narrowed.data()] as [Float32Array, Float32Array];
      const distance = Math.max(...exact.map((x, i) => Math.abs(x - rounded[i]!)));
      expect(distance).toBeGreaterThan(1e-3);
      expect(distance).toBeLessThan(0.3);
      const sums = (await narrowed.sum(0).data()) as Float32Array;
      expect(narrowShare([{ data: sums }])).toBeLessThan(0.1);
      // The sum of what the product gave, each to a few roundings of float32.
      for (const [column, sum] of sums.entries()) {
        const terms = Array.from({ length: n }, (_, row) => rounded[row * n + column]!);
        const scale = terms.reduce((total, term) => total + Math.abs(term), 0);
        expect(Math.abs(sum - terms.reduce((total, term) => total + term, 0)) / scale).toBeLessThan(1e-6);
      }
    });

    it('the gradient of a bias is rounded as that of a weight is, and added up in float32', async () => {
      const [rows, columns] = [4096, 8];
      const g = Float32Array.from({ length: rows * columns }, (_, i) => 1 + Math.sin(i) / 2);
      using layer = new Linear(columns, columns);
      await layer.to(bfloat16);
      const x = tensor(new Float32Array(rows * columns).fill(1), { shape: [rows, columns] });
      layer
        .forward(x)
        .mul(tensor(g, { shape: [rows, columns] }))
        .sum()
        .backward();
      const [bias, weight] = [
        (await layer.bias!.grad!.data()) as Float32Array,
        (await layer.weight.grad!.data()) as Float32Array,
      ];
      for (const [column, found] of bias.entries()) {
        let exact = 0;
        for (let row = 0; row < rows; row++) exact += g[row * columns + column]!;
        // In bfloat16 a sum of such terms would end at 512. The result is rounded once, to 8 bits.
        expect(Math.abs(found - exact) / exact).toBeLessThan(2 ** -8);
        expect(Math.abs(found - weight[column * columns]!) / exact).toBeLessThan(2 ** -8);
      }
    });
  },
);
