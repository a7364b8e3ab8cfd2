import { describe, expect, test } from 'vitest';
import { readGolden } from '../../../../test/support/golden.ts';
import { difference } from '../../../../test/support/tolerances.ts';
import { evaluate, type Tensor, tensor, zeros } from '../../../tensor/index.ts';
import * as functional from '../index.ts';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

describe('the losses are PyTorch’s', () => {
  interface Stored {
    readonly shape: readonly number[];
    readonly data: readonly number[];
    readonly dtype?: 'int64';
  }
  interface Case {
    readonly name: string;
    readonly loss: string;
    readonly inputs: readonly Stored[];
    readonly options: Readonly<Record<string, unknown>>;
    readonly value: Stored;
    readonly seed?: Stored;
    readonly gradients: Readonly<Record<string, Stored>>;
  }
  const { cases } = readGolden('losses/losses.json') as { readonly cases: readonly Case[] };
  const ours = new Map(
    Object.entries(functional).map(([name, f]) => [name.toLowerCase(), f as (...args: unknown[]) => Tensor]),
  );
  const isStored = (value: unknown): value is Stored => typeof value === 'object' && value !== null && 'data' in value;
  const made = ({ shape, data, dtype = 'float32' as never }: Stored, requiresGrad = false) =>
    tensor(data, { shape, dtype, requiresGrad });

  test.each(cases)('$name', async ({ loss, inputs, options, value, seed, gradients }) => {
    const leaves = inputs.map((input, i) => made(input, String(i) in gradients));
    const given = Object.fromEntries(
      Object.entries(options).map(([name, option]) => [name, isStored(option) ? made(option) : option]),
    );
    // PyTorch's gradient of log-probabilities is another; through logSoftmax both come to the same.
    const { input_lengths, target_lengths, ...rest } = given;
    const [first, ...others] = leaves;
    const args = loss === 'ctc_loss' ? [first!.logSoftmax(-1), ...others, input_lengths, target_lengths] : leaves;
    const y = ours.get(loss.replaceAll('_', ''))!(...args, rest);
    expect(y.shape).toEqual(value.shape);
    y.backward(seed && made(seed));
    const found = Object.entries(gradients).map(([i, want]) => [leaves[Number(i)]!.grad!, want] as const);
    await evaluate([y, ...found.map(([g]) => g)]);
    expect(difference(await numbers(y), value.data, 'rounding'), 'value').toBeNull();
    for (const [g, want] of found) expect(difference(await numbers(g), want.data, 'rounding'), 'gradient').toBeNull();
  });

  test('in more than 200 cases, and every loss among them', () => {
    expect(cases.length).toBeGreaterThan(200);
    const tried = new Set(cases.map(({ loss }) => loss.replaceAll('_', '')));
    const losses = [...ours.keys()].filter((name) => /loss$|entropy|kldiv|similarity|pairwise/.test(name));
    expect(losses.filter((name) => !tried.has(name))).toEqual(['tripletmarginwithdistanceloss']);
  });
});

describe('what does not fit is refused by name', () => {
  const x = zeros([2, 3]);
  const classes = (...data: number[]) => tensor(data, { dtype: 'int64' });
  const message = (f: () => unknown) => {
    try {
      f();
    } catch (error) {
      return String(error);
    }
    return 'nothing was thrown';
  };

  test('whole messages', () => {
    const messages = [
      () => functional.crossEntropy(x, tensor([[1], [2]], { dtype: 'int64' })),
      () => functional.crossEntropy(x, classes(1, 2), { label_smoothing: 2 }),
      () => functional.crossEntropy(x, classes(1, 2), { weight: zeros([2]) }),
      () => functional.crossEntropy(x, zeros([2])),
      () => functional.crossEntropy(x, x, { ignore_index: 1 }),
      () => functional.crossEntropy(x, tensor([1, 2], { dtype: 'uint8' })),
      () => functional.crossEntropy(x, classes(1, 2), { reduction: 'average' as 'mean' }),
      () => functional.nllLoss(tensor(1), classes(1)),
      () => functional.crossEntropy(tensor(new Float32Array(0), { shape: [0, 3] }), classes()),
      () => functional.multiMarginLoss(zeros([2, 3, 1]), zeros([2, 1])),
      () => functional.multiMarginLoss(x, classes(1, 2), { p: 3 as 1 }),
      () => functional.mseLoss(x, zeros([3])),
      () => functional.mseLoss(x, classes(1, 2).reshape(2, 1).expand(2, 3)),
      () => functional.l1Loss(x, x, { weight: zeros([3]) }),
      () => functional.l1Loss(zeros([0]), zeros([0])),
      () => functional.smoothL1Loss(x, x, { beta: -1 }),
      () => functional.huberLoss(x, x, { delta: 0 }),
      () => functional.binaryCrossEntropy(x, x, { weight: zeros([4, 2, 3]) }),
      () => functional.binaryCrossEntropyWithLogits(x, x, { pos_weight: zeros([2]) }),
      () => functional.klDiv(x, x, { reduction: 'batch' as 'mean' }),
      () => functional.gaussianNllLoss(x, x, zeros([3, 1])),
      () => functional.gaussianNllLoss(x, x, 1, { eps: 0 }),
      () => functional.cosineEmbeddingLoss(x, x, zeros([3])),
      () => functional.cosineSimilarity(x, x, { dim: 2 }),
      () => functional.tripletMarginLoss(x, x, x, { margin: 0 }),
      () => functional.tripletMarginLoss(x, x, zeros([3, 2])),
      () => functional.multilabelMarginLoss(x, x),
      () => functional.multilabelMarginLoss(x, classes(1, 2)),
      () => functional.ctcLoss(zeros([4, 2, 3]), classes(1, 2, 1), [4, 4], [1, 1]),
      () => functional.ctcLoss(zeros([4, 2, 3]), classes(1, 2).add(0), [4, 4], [1, 1]),
      () => functional.ctcLoss(zeros([4, 2, 3]), zeros([2, 1]), [4, 4], [1, 1]),
    ].map(message);
    expect(messages.join('\n')).toMatchInlineSnapshot(`
      "ShapeError: crossEntropy: the scores are [2, 3] and the target [2, 1]; classes must be [2].
      ConfigError: crossEntropy: label_smoothing is 2; it must be from 0 to 1.
      ShapeError: crossEntropy: weight is [2]; it must be [3], one for each class.
      ShapeError: crossEntropy: logits are [2, 3] and the target [2]; probabilities must have the shape of the logits. Give classes as int64.
      ConfigError: crossEntropy: ignore_index is 1 and the target is float32, of probabilities; only a class can be ignored.
      DTypeError: crossEntropy: the target is uint8; classes must be int32 or int64. Cast it.
      ConfigError: crossEntropy: reduction is 'average'; it must be one of mean, sum, none.
      ShapeError: nllLoss: the scores are a scalar; they must be [N, K, ...] or [K].
      ShapeError: crossEntropy: the scores are [0, 3]; tensors without elements are not supported. Leave the empty batch out.
      ShapeError: multiMarginLoss: input is [2, 3, 1]; it must be [N, K] or [K].
      ConfigError: multiMarginLoss: p is 3; it must be 1 or 2.
      ShapeError: mseLoss: input is [2, 3] and target is [3]; they must have one shape. Use reshape or expand.
      DTypeError: mseLoss: input is float32 and target is int64; they need one element type. Cast one.
      ShapeError: l1Loss: input is [2, 3] and weight is [3]; they must have one shape. Use reshape or expand.
      ShapeError: l1Loss: the losses are [0]; tensors without elements are not supported. Leave the empty batch out.
      ConfigError: smoothL1Loss: beta is -1; it must be 0 or more.
      ConfigError: huberLoss: delta is 0; it must be more than 0.
      ShapeError: binaryCrossEntropy: input is [2, 3] and weight is [4, 2, 3]; weight must broadcast to the input.
      ShapeError: binaryCrossEntropyWithLogits: input is [2, 3] and pos_weight is [2]; axis -1 is 3 in input and 2 in pos_weight, and axes broadcast only when they are equal or one of them is 1.
      ConfigError: klDiv: reduction is 'batch'; it must be one of mean, batchmean, sum, none.
      ShapeError: gaussianNllLoss: input is [2, 3] and variance is [3, 1]; it needs the same shape, with at most one axis of length 1, or without the last axis.
      ConfigError: gaussianNllLoss: eps is 0; it must be more than 0.
      ShapeError: cosineEmbeddingLoss: the inputs are [2, 3] and the target [3]; they must be [N, D] and [N], or [D] and [].
      ShapeError: cosineSimilarity: there is no axis 2 in a tensor of 2 axes; axes go from -2 to 1.
      ConfigError: tripletMarginLoss: margin is 0; it must be more than 0.
      ShapeError: tripletMarginLoss: anchor is [2, 3] and negative is [3, 2]; they must have one shape. Use reshape or expand.
      DTypeError: multilabelMarginLoss: target is float32; it must be int32 or int64, classes up to a −1.
      ShapeError: multilabelMarginLoss: input is [2, 3] and target is [2]; both must be [N, K] or [K].
      ShapeError: ctcLoss: the targets are one list, [3], and their lengths add up to 2; the two must be equal.
      ConfigError: ctcLoss: the targets are one list, and they or their lengths have to be computed first, so where each begins is not known. Give them as [N, S].
      DTypeError: ctcLoss: targets are float32; they need int32 or int64. Cast them."
    `);
  });
});

test('one variance for all is a number', async () => {
  const [a, b] = [tensor([1, 2]), tensor([3, 2])];
  // ½ (log 4 + d²/4), d being 2 and 0.
  const got = await numbers(functional.gaussianNllLoss(a, b, 4, { reduction: 'none' }));
  expect(difference(got, [0.5 * Math.log(4) + 0.5, 0.5 * Math.log(4)], 'rounding')).toBeNull();
});
