import { describe, expect, test } from 'vitest';
import { readGolden } from '../../test/support/golden.ts';
import { difference } from '../../test/support/tolerances.ts';
import { type Tensor, tensor } from '../tensor/index.ts';
import { clipGradNorm, clipGradValue, SGD } from './index.ts';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);
const flat = (list: unknown) => (list as number[]).flat(Number.POSITIVE_INFINITY) as number[];

const { cases, by_value } = readGolden('optim/clipping.json') as {
  readonly cases: readonly {
    readonly name: string;
    readonly max_norm: number;
    readonly norm_type: number;
    readonly gradients: readonly unknown[];
    readonly total_norm: number;
    readonly clipped: readonly unknown[];
  }[];
  readonly by_value: readonly {
    readonly name: string;
    readonly clip_value: number;
    readonly gradients: readonly unknown[];
    readonly clipped: readonly unknown[];
  }[];
};

/** Parameters of zeros with these gradients. */
function withGradients(gradients: readonly unknown[]): Tensor[] {
  return gradients.map((g) => {
    const made = tensor(
      flat(g).map(() => 0),
      { requiresGrad: true },
    );
    made.grad = tensor(flat(g));
    return made;
  });
}

async function expectGradients(params: readonly Tensor[], want: readonly unknown[]): Promise<void> {
  for (const [i, each] of params.entries()) expect(difference(await numbers(each.grad!), flat(want[i]), 'rounding')).toBeNull();
}

describe('clipGradNorm', () => {
  test.each(cases)('is PyTorch’s: $name', async ({ max_norm, norm_type, gradients, total_norm, clipped }) => {
    const params = withGradients(gradients);
    const norm = clipGradNorm(params, max_norm, { norm_type });
    expect(difference([await norm.item()], [total_norm], 'rounding')).toBeNull();
    await expectGradients(params, clipped);
  });

  test.each(cases)('fails where it is asked to and the norm is not finite: $name', async (each) => {
    const { max_norm, norm_type, gradients, total_norm, clipped } = each;
    const params = withGradients(gradients);
    const norm = clipGradNorm(params, max_norm, { norm_type, error_if_nonfinite: true });
    if (Number.isFinite(total_norm)) {
      expect(difference([await (await norm).item()], [total_norm], 'rounding')).toBeNull();
      return expectGradients(params, clipped);
    }
    await expect(norm).rejects.toThrow(
      /^clipGradNorm: the norm of order .* of the gradients is (NaN|Infinity), so they cannot/,
    );
    await expectGradients(params, gradients);
  });

  test('computes the loss along with the norm that it looks at', async () => {
    const w = tensor([3, 4], { requiresGrad: true });
    const loss = w.square().sum().div(2);
    loss.backward();
    const norm = await clipGradNorm([w], 1, { error_if_nonfinite: true });
    expect([loss.isComputed, await norm.item()]).toEqual([true, 5]);
    await new SGD([w], { lr: 1 }).step();
    expect(difference(await numbers(w), [2.4, 3.2], 'rounding')).toBeNull();
  });

  test('refuses what is no norm', () => {
    const params = withGradients([[1]]);
    expect(() => clipGradNorm(params, 0)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: clipGradNorm: maxNorm is 0; it must be positive.]`,
    );
    expect(() => clipGradNorm(params, 1, { norm_type: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: clipGradNorm: norm_type is 0; it must be positive, or Infinity for the largest magnitude.]`,
    );
  });
});

describe('clipGradValue', () => {
  test.each(by_value)('is PyTorch’s: $name', async ({ clip_value, gradients, clipped }) => {
    const params = withGradients(gradients);
    clipGradValue(params, clip_value);
    await expectGradients(params, clipped);
  });

  test('leaves the losses to the optimizer’s step', async () => {
    const w = tensor([3, -0.1], { requiresGrad: true });
    const loss = w.square().sum();
    loss.backward();
    clipGradValue([w], 0.5);
    await new SGD([w], { lr: 1 }).step();
    expect(loss.isComputed).toBe(true);
    expect(difference(await numbers(w), [2.5, 0.1], 'rounding')).toBeNull();
    expect(() => clipGradValue([w], -1)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: clipGradValue: clipValue is -1; it must be positive.]`,
    );
  });
});
