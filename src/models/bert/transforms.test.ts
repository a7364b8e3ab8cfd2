import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { difference } from '../../../test/support/tolerances.ts';
import { readSafetensors, type TensorData } from '../../formats/index.ts';
import { functionalCall } from '../../nn/index.ts';
import { evaluate, grad, hessianVectorProduct, jvp, type Tensor, tensor, vjp } from '../../tensor/index.ts';
import { BertLayer } from './bert.ts';
import { bertConfig } from './config.ts';

const file = new URL('../../../test/golden/transforms/layer.safetensors', import.meta.url);

describe('a BertLayer as a function of its input and all its weights, against torch.func', () => {
  const layer = new BertLayer(bertConfig({ hidden_size: 12, num_attention_heads: 2, intermediate_size: 20 })).eval();
  const names = Array.from(layer.namedParameters(), ([path]) => path);
  let golden: ReadonlyMap<string, TensorData>;
  beforeAll(async () => {
    golden = readSafetensors(await readFile(file), 'layer.safetensors').tensors;
  });

  const stored = (name: string): Tensor => tensor(golden.get(name)!.data, { shape: golden.get(name)!.shape });
  const all = (prefix: string) => ['x', ...names].map((name) => stored(`${prefix}.${name}`));
  const f = (x: Tensor, ...weights: Tensor[]) =>
    functionalCall(layer, Object.fromEntries(names.map((name, i) => [name, weights[i]!])), x, {
      attn_mask: null,
      packing: null,
    });
  const loss = (...args: Tensor[]) =>
    f(args[0]!, ...args.slice(1))
      .square()
      .mean();
  const agree = async (prefix: string, got: readonly Tensor[]) => {
    await evaluate(got);
    for (const [i, name] of ['x', ...names].entries()) {
      const { shape, data } = golden.get(`${prefix}.${name}`)!;
      expect(got[i]!.shape, name).toEqual(shape);
      // A bias of keys has the gradient zero, so what is left of it is measured by what the other weights have.
      const scale = Math.max(...Array.from(data as Float32Array, Math.abs), 1e-2);
      expect(difference(await numbers(got[i]!), data as Float32Array, 'accumulated', scale), name).toBeNull();
    }
  };
  const numbers = async (x: Tensor) => Array.from(await x.data(), Number);
  const one = async (name: string, got: Tensor) =>
    expect(difference(await numbers(got), golden.get(name)!.data as Float32Array, 'rounding'), name).toBeNull();

  test('vjp', async () => {
    const [y, pullBack] = vjp(f as (...args: Tensor[]) => Tensor, ...all('at'));
    await one('y', y);
    await agree('vjp', pullBack(stored('cotangent')));
  });

  test('jvp', async () => {
    const [y, change] = jvp(f as (...args: Tensor[]) => Tensor, all('at'), all('along'));
    await one('y', y);
    await one('jvp', change);
  });

  test('hessianVectorProduct, and jvp of the gradient', async () => {
    const [output, products] = hessianVectorProduct(loss, all('at'), all('along'));
    await one('loss', output);
    await agree('hvp', products);
    const [, changes] = jvp((...at) => grad(loss)(...at), all('at'), all('along'));
    await agree('hvp', changes);
  });
});
