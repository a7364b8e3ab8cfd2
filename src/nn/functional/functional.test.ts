import { describe, expect, test } from 'vitest';
import { alongAxis, lastTwoSwapped, mapped, matrixProduct, type Plain, softmaxOf } from '../../../test/support/reference.ts';
import { difference } from '../../../test/support/tolerances.ts';
import { peek, randn, type Tensor, tensor } from '../../tensor/index.ts';
import { functional } from '../index.ts';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);
const plain = async (x: Tensor): Promise<Plain> => ({ shape: x.shape, data: await numbers(x) });
const input = (seed: number, ...shape: number[]) => randn(shape, { key: [seed, 1] });

describe('attention', () => {
  const [q, k, v] = [input(1, 2, 3, 4, 5), input(2, 2, 3, 6, 5), input(3, 2, 3, 6, 5)];

  async function reference(scale: number, mask: Plain | null): Promise<Plain> {
    const scores = mapped((score) => score * scale, matrixProduct(await plain(q), lastTwoSwapped(await plain(k))));
    const masked = mask ? mapped((a, b) => a + b, scores, mask) : scores;
    return matrixProduct(alongAxis(masked, 3, softmaxOf), await plain(v));
  }

  test('is softmax(q kᵀ / √D) v', async () => {
    const got = functional.scaledDotProductAttention(q, k, v);
    expect(got.shape).toEqual([2, 3, 4, 5]);
    expect(difference(await numbers(got), (await reference(1 / Math.sqrt(5), null)).data, 'rounding')).toBeNull();
  });

  test('takes a mask that broadcasts, another scale, and a look at its weights', async () => {
    const mask = tensor([0, 0, -1e9, 0, -1e9, 0], { shape: [1, 1, 1, 6] });
    let seen: Tensor | null = null;
    const onWeights = (weights: Tensor) => {
      seen = weights;
      return weights;
    };
    const got = functional.scaledDotProductAttention(q, k, v, { mask, scale: 1, onWeights });
    expect(difference(await numbers(got), (await reference(1, await plain(mask))).data, 'rounding')).toBeNull();
    const weights = await numbers(seen!);
    expect(weights.filter((_, i) => i % 6 === 2 || i % 6 === 4).every((weight) => weight === 0)).toBe(true);
  });
});

describe('several affine maps of one input', () => {
  const x = input(4, 2, 3);
  const map = (seed: number, out: number, bias = true) => ({
    weight: input(seed, out, 3),
    bias: bias ? input(seed + 10, out) : null,
  });

  test('are one product that gives what each of them gives', async () => {
    const maps = [map(5, 4), map(6, 2), map(7, 1)];
    const together = functional.linears(x, maps);
    expect(peek(...together).ops.linear).toBe(1);
    for (const [i, { weight, bias }] of maps.entries()) {
      expect(difference(await numbers(together[i]!), await numbers(functional.linear(x, weight, bias)), 'rounding')).toBeNull();
    }
  });

  test('have a bias all, or none', async () => {
    const bare = [map(5, 4, false), map(6, 2, false)];
    expect(functional.linears(x, bare).map(({ shape }) => shape)).toEqual([
      [2, 4],
      [2, 2],
    ]);
    expect(() => functional.linears(x, [map(5, 4), map(6, 2, false)])).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: linears: some of the maps have a bias and some have not; give all or none a bias.]`,
    );
  });
});
