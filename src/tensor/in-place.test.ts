import { describe, expect, test } from 'vitest';
import { randomNormal, seedKey } from '../core/index.ts';
import type { RuntimeBuffer } from '../runtime/index.ts';
import { evaluate, execute, Tensor, tensor, type Want } from './index.ts';

/** A tensor whose content lies in a runtime's buffer, as parameters and optimizer state do after a step. */
async function resident(values: Float32Array<ArrayBuffer>, shape: readonly number[] = [values.length]): Promise<Tensor> {
  const made = tensor(values, { shape }).add(0);
  await evaluate([made]);
  return made;
}

const bufferOf = (x: Tensor) => (x.value.node.source as unknown as { readonly buffer: RuntimeBuffer }).buffer;
const numbers = (seed: number, size = 24) => randomNormal(seedKey(seed), size);

async function contentsOf(buffers: readonly RuntimeBuffer[]): Promise<number[][]> {
  return Promise.all(buffers.map(async (buffer) => Array.from(await buffer.runtime.read(buffer), Number)));
}

/** Computes the wants twice, first with memory of their own and then over what they replace; says which were written in place. */
async function inPlace(wants: readonly { readonly value: Tensor; readonly over?: Tensor }[]): Promise<boolean[]> {
  const apart = await execute(wants.map(({ value }) => ({ value: value.value })));
  const want = await contentsOf(apart);
  const over = wants.map(({ value, over }): Want => ({ value: value.value, ...(over && { over: over.value }) }));
  const targets = wants.map(({ over }) => over && bufferOf(over));
  const got = await execute(over);
  expect(await contentsOf(got)).toEqual(want);
  return got.map((buffer, i) => buffer === targets[i]);
}

describe('an output over the leaf that it replaces', () => {
  test('is written in place where all readers run before it', async () => {
    const x = await resident(numbers(1));
    expect(await inPlace([{ value: x.mul(2), over: x }])).toEqual([true]);
    expect(await inPlace([{ value: x.exp().add(x).mul(x.square()), over: x }])).toEqual([true]);
    expect(await inPlace([{ value: x.sum().add(x), over: x }])).toEqual([true]);
  });

  test('is written in place where it reads the leaf through views and pointwise', async () => {
    const x = await resident(numbers(2), [4, 6]);
    expect(await inPlace([{ value: x.reshape(24).square().reshape(4, 6).add(1), over: x }])).toEqual([true]);
    expect(await inPlace([{ value: x.detach().mul(2), over: x }])).toEqual([true]);
  });

  test('is not where a reader need not have run', async () => {
    const x = await resident(numbers(3));
    expect(await inPlace([{ value: x.mul(2), over: x }, { value: x.exp().sum() }])).toEqual([false, false]);
    expect(await inPlace([{ value: x.exp().sum() }, { value: x.mul(2), over: x }])).toEqual([false, false]);
    const view = await resident(numbers(4), [4, 6]);
    expect(await inPlace([{ value: view.mul(2), over: view }, { value: view.reshape(24).exp() }])).toEqual([false, false]);
  });

  test('is where the other reader is needed by it', async () => {
    const x = await resident(numbers(5));
    const other = x.exp().sum();
    expect(await inPlace([{ value: other }, { value: x.mul(other), over: x }])).toEqual([false, true]);
  });

  test('is not where the leaf itself, or a view of it, is another output', async () => {
    const x = await resident(numbers(6), [4, 6]);
    expect(await inPlace([{ value: x.mul(2), over: x }, { value: x }])).toEqual([false, false]);
    expect(await inPlace([{ value: x }, { value: x.mul(2), over: x }])).toEqual([false, false]);
    expect(await inPlace([{ value: x.mul(2), over: x }, { value: x.reshape(24) }])).toEqual([false, false]);
    expect(await inPlace([{ value: x.mul(2), over: x }, { value: x.detach() }])).toEqual([false, false]);
  });

  test('is not where it is the leaf, or a view of it', async () => {
    const x = await resident(numbers(7), [4, 6]);
    expect(await inPlace([{ value: x.detach(), over: x }])).toEqual([false]);
    expect(await inPlace([{ value: x.reshape(6, 4), over: x }])).toEqual([false]);
  });

  test('is not where it reads the leaf in another order than it writes', async () => {
    const square = await resident(numbers(8, 25), [5, 5]);
    expect(await inPlace([{ value: square.transpose(), over: square }])).toEqual([false]);
    expect(await inPlace([{ value: square.matmul(square), over: square }])).toEqual([false]);
    expect(await inPlace([{ value: square.softmax(-1), over: square }])).toEqual([false]);
    // The transposed copy has been made when the sum is written.
    expect(await inPlace([{ value: square.transpose().add(square), over: square }])).toEqual([true]);
    const column = await resident(numbers(9, 5), [5, 1]);
    expect(await inPlace([{ value: column.sum(0, { keepDims: true }).add(column.mul(2)), over: column }])).toEqual([true]);
  });

  test('goes to new memory where the leaf is not read', async () => {
    const x = await resident(numbers(10));
    expect(await inPlace([{ value: tensor(numbers(11)).mul(2), over: x }])).toEqual([false]);
  });

  test('two that replace one leaf do not share it', async () => {
    const x = await resident(numbers(12));
    const written = await inPlace([
      { value: x.mul(2).add(x.mul(3).sum()), over: x },
      { value: x.mul(3), over: x },
    ]);
    expect(written.filter(Boolean).length).toBeLessThan(2);
  });
});

describe('an update like that of AdamW', () => {
  const [rows, columns] = [8, 6];
  const data = tensor(numbers(20, 32 * rows), { shape: [32, rows] });
  const target = tensor(numbers(21, 32 * columns), { shape: [32, columns] });

  /** Loss and new contents of parameter and moments; the loss reads the parameter in ways of which the update knows nothing. */
  function step(p: Tensor, m: Tensor, v: Tensor, correction: number) {
    const parameter = new Tensor(p.value, { requiresGrad: true });
    const loss = data.matmul(parameter).sub(target).square().mean().add(parameter.square().sum().mul(1e-3));
    loss.backward();
    const g = parameter.grad!;
    const newM = m.mul(0.9).add(g.mul(0.1));
    const newV = v.mul(0.999).add(g.square().mul(0.001));
    const update = newM.div(newV.mul(correction).sqrt().add(1e-8));
    return { loss: loss.value, p: p.sub(p.mul(1e-4)).sub(update.mul(1e-2)).value, m: newM.value, v: newV.value };
  }

  async function trained(isInPlace: boolean): Promise<{ contents: number[][]; written: boolean[] }> {
    const shape = [rows, columns];
    let p = await resident(numbers(22, rows * columns), shape);
    let m = await resident(new Float32Array(rows * columns), shape);
    let v = await resident(new Float32Array(rows * columns), shape);
    let spare: RuntimeBuffer | undefined;
    const losses: number[] = [];
    let written: boolean[] = [];
    const holding = (x: Tensor, buffer: RuntimeBuffer) => {
      const next = new Tensor(x.value);
      next.assign(buffer);
      return next;
    };
    for (let i = 1; i <= 6; i++) {
      const next = step(p, m, v, 1 / (1 - 0.999 ** i));
      const before = [bufferOf(p), bufferOf(m), bufferOf(v)];
      const [loss, ...buffers] = await execute([
        { value: next.loss },
        { value: next.p, ...(isInPlace && spare && { into: spare }) },
        { value: next.m, ...(isInPlace && { over: m.value }) },
        { value: next.v, ...(isInPlace && { over: v.value }) },
      ]);
      written = buffers.map((buffer, k) => buffer === before[k]);
      losses.push((await contentsOf([loss!]))[0]![0]!);
      spare = before[0];
      [p, m, v] = [holding(p, buffers[0]!), holding(m, buffers[1]!), holding(v, buffers[2]!)];
    }
    return { contents: [losses, ...(await contentsOf([p, m, v].map(bufferOf)))], written };
  }

  test('with moments in place and parameters in two buffers is equal to the bit to one in memory of its own', async () => {
    const [apart, inPlaces] = [await trained(false), await trained(true)];
    expect(apart.written).toEqual([false, false, false]);
    // The parameter went to the buffer before the last, its moments to their own.
    expect(inPlaces.written).toEqual([false, true, true]);
    expect(inPlaces.contents).toEqual(apart.contents);
    const losses = apart.contents[0]!;
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
  });

  test('does not write the parameter in place, which the loss may still have to read', async () => {
    const shape = [rows, columns];
    const [p, m, v] = [
      await resident(numbers(22, rows * columns), shape),
      await resident(numbers(23, 48), shape),
      await resident(numbers(24, 48).map(Math.abs), shape),
    ];
    const next = step(p, m, v, 1);
    const want = await contentsOf(
      await execute([{ value: next.p }, { value: next.m }, { value: next.v }, { value: next.loss }]),
    );
    const got = await execute([
      { value: next.p, over: p.value },
      { value: next.m, over: m.value },
      { value: next.v, over: v.value },
      { value: next.loss },
    ]);
    expect(await contentsOf(got)).toEqual(want);
    // The sum of squares in the loss reads it, and the update does not need that sum: it may come after the update.
    expect(got.map((buffer, i) => [p, m, v].some((x) => bufferOf(x) === buffer) && i < 3)).toEqual([false, true, true, false]);
  });
});
