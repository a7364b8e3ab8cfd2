import { describe, expect, it } from 'vitest';
import { randomPermutation, seedKey } from '../../core/index.ts';
import { AdamW, clipGradNorm } from '../../optim/index.ts';
import { clearCache, type Device, manualSeed, memory, tensor } from '../../tensor/index.ts';
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
async function train(device: Device, steps: number, seed: number): Promise<number[]> {
  manualSeed(seed);
  using model = new BertForSequenceClassification(sizes);
  await model.to(device);
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
  return losses;
}

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
    expect(Math.max(...cpu.map((loss, step) => Math.abs(loss - wasm[step]!)))).toBeLessThan(1e-4);
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
