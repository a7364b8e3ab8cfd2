import { describe, expect, test } from 'vitest';
import { alongAxis, lastTwoSwapped, mapped, matrixProduct, type Plain, softmaxOf } from '../../../test/support/reference.ts';
import { difference } from '../../../test/support/tolerances.ts';
import { evaluate, peek, randn, type Tensor, tensor } from '../../tensor/index.ts';
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

  test('takes a mask that broadcasts, another scale, and shows its weights', async () => {
    const attn_mask = tensor([0, 0, -1e9, 0, -1e9, 0], { shape: [1, 1, 1, 6] });
    const { output, weights } = functional.attend(q, k, v, { attn_mask, scale: 1 });
    expect(difference(await numbers(output), (await reference(1, await plain(attn_mask))).data, 'rounding')).toBeNull();
    expect((await numbers(weights)).filter((_, i) => i % 6 === 2 || i % 6 === 4).every((weight) => weight === 0)).toBe(true);
  });

  test('drops weights at every call, and shows them before that', async () => {
    const seen: Tensor[] = [];
    const { weights } = functional.observeAttention(
      (each) => seen.push(each),
      () => functional.attend(q, k, v, { dropout_p: 0.5 }),
    );
    expect(seen).toHaveLength(1);
    await evaluate([seen[0]!, weights]);
    const [before, after] = [await numbers(seen[0]!), await numbers(weights)];
    expect(after.filter((weight) => weight === 0).length).toBeGreaterThan(10);
    after.forEach((weight, i) => {
      if (weight !== 0) expect(weight).toBeCloseTo(2 * before[i]!, 5);
    });
    functional.attend(q, k, v);
    expect(seen).toHaveLength(1);
  });

  test('costs no pass for a mask that is known to leave no place empty', () => {
    const open = [true, false, true, true, true, false];
    const ops = (attn_mask: Tensor) => peek(functional.scaledDotProductAttention(q, k, v, { attn_mask })).ops.mul;
    const known = tensor(open, { shape: [1, 6] });
    const integers = tensor(open.map(Number), { dtype: 'int32' }).cast('bool').reshape(1, 6);
    const inverted = tensor(open.map((x) => !x)).logicalNot();
    expect([known, integers, inverted].map(ops)).toEqual([1, 1, 1]);
    expect(ops(tensor(open.map(() => false)))).toBe(2);
    expect(ops(known.logicalAnd(known))).toBe(2);
  });

  test('says what does not fit', () => {
    const mask = tensor([true, false, true]);
    expect(() => functional.scaledDotProductAttention(q, k, v, { attn_mask: mask })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: scaledDotProductAttention: attn_mask is [3] and the scores are [2, 3, 4, 6]; the mask must broadcast to them.]`,
    );
    expect(() =>
      functional.scaledDotProductAttention(q, k, v, { attn_mask: mask.cast('int32') }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[DTypeError: scaledDotProductAttention: attn_mask is int32 and q is float32; a mask must be bool, true where attention is allowed, or of q's type, to be added.]`,
    );
    expect(() =>
      functional.scaledDotProductAttention(q, k, v, { attn_mask: mask, is_causal: true }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: scaledDotProductAttention: attn_mask is given and is_causal is true; give one of them.]`,
    );
    expect(() => functional.scaledDotProductAttention(q, k, v, { dropout_p: -1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: scaledDotProductAttention: dropout_p is -1; it must be from 0 to 1.]`,
    );
    expect(() =>
      functional.scaledDotProductAttention(q, input(2, 2, 2, 6, 5), v, { enable_gqa: true }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: scaledDotProductAttention: q is [2, 3, 4, 5], k is [2, 2, 6, 5] and v is [2, 3, 6, 5]; with enable_gqa all need heads on the third axis from the end, k and v as many, and their number must divide q's.]`,
    );
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
