import { describe, test } from 'vitest';
import { checkModule, type TensorModule } from '../../../test/support/check-module.ts';
import { randn, type Tensor, tensor } from '../../tensor/index.ts';
import { Module } from '../module.ts';
import * as losses from './index.ts';

const input = (seed: number, ...shape: number[]) => randn(shape, { key: [seed, 5] });
const classes = (...data: number[]) => tensor(data, { dtype: 'int64' });
const signs = () => tensor([1, -1, 1]);
/** From 0.1 to 0.9. */
const chances = (seed: number, ...shape: number[]) =>
  input(seed, ...shape)
    .sigmoid()
    .mul(0.8)
    .add(0.1);
/** Far from each other, so that no margin's kink is near. */
const apart = () => tensor([3, -2, 5, -4, 1, 2, -1, 4, -3, 0, 6, -5], { shape: [3, 4] });

/** A loss with its targets, so that only what is trained is moved about. */
class Against extends Module {
  readonly loss: Module;
  readonly #targets: readonly Tensor[];

  constructor(loss: Module, ...targets: readonly Tensor[]) {
    super();
    this.loss = loss;
    this.#targets = targets;
  }

  override forward(...inputs: Tensor[]): Tensor {
    return (this.loss as TensorModule).forward(...inputs, ...this.#targets);
  }
}

describe('the second derivative of each loss is the difference of its first', () => {
  const weight = tensor([0.5, 1, 2, 1.5]);
  const known = classes(0, 3, 1);
  const rows = (): readonly Tensor[] => [input(1, 3, 4)];
  const two = (): readonly Tensor[] => [input(1, 3, 4), input(2, 3, 4)];
  const inKink = tensor([
    [0, 1, 1, 0],
    [1, 0, 0, 0],
    [0, 0, 1, 1],
  ]);

  test.each<[string, () => TensorModule, () => readonly Tensor[], readonly string[]]>([
    [
      'CrossEntropyLoss',
      () => new Against(new losses.CrossEntropyLoss({ weight, label_smoothing: 0.1 }), known),
      rows,
      ['loss.weight'],
    ],
    ['CrossEntropyLoss of probabilities', () => new losses.CrossEntropyLoss(), two, []],
    ['NLLLoss', () => new Against(new losses.NLLLoss(), known), rows, []],
    ['MultiMarginLoss', () => new Against(new losses.MultiMarginLoss({ p: 2, margin: 0.5 }), known), () => [apart()], []],
    ['BCELoss', () => new losses.BCELoss(), () => [chances(1, 3, 4), chances(2, 3, 4)], []],
    ['BCEWithLogitsLoss', () => new losses.BCEWithLogitsLoss({ pos_weight: weight }), two, ['pos_weight']],
    ['SoftMarginLoss', () => new Against(new losses.SoftMarginLoss(), signs()), () => [input(1, 3)], []],
    ['MultiLabelSoftMarginLoss', () => new losses.MultiLabelSoftMarginLoss(), two, []],
    ['MSELoss', () => new losses.MSELoss(), two, []],
    ['L1Loss', () => new Against(new losses.L1Loss(), inKink.mul(20).sub(10)), () => [apart()], []],
    ['SmoothL1Loss', () => new losses.SmoothL1Loss({ beta: 9 }), two, []],
    ['HuberLoss', () => new Against(new losses.HuberLoss({ delta: 0.5 }), inKink.mul(20).sub(10)), () => [apart()], []],
    ['KLDivLoss', () => new losses.KLDivLoss({ reduction: 'batchmean' }), () => [input(1, 3, 4), chances(2, 3, 4)], []],
    ['PoissonNLLLoss', () => new Against(new losses.PoissonNLLLoss({ full: true }), inKink.mul(3)), rows, []],
    ['GaussianNLLLoss', () => new losses.GaussianNLLLoss({ full: true }), () => [...two(), chances(3, 3, 4).add(0.5)], []],
    [
      'MarginRankingLoss',
      () => new Against(new losses.MarginRankingLoss(), signs()),
      () => [tensor([2, 2, -1]), tensor([1, 1, 1])],
      [],
    ],
    ['HingeEmbeddingLoss', () => new Against(new losses.HingeEmbeddingLoss(), signs()), () => [input(1, 3)], []],
    [
      'MultiLabelMarginLoss',
      () => new Against(new losses.MultiLabelMarginLoss(), classes(3, 0, -1, 1)),
      () => [tensor([0, 3, 5.5, -2])],
      [],
    ],
    [
      'CTCLoss',
      () => new Against(new losses.CTCLoss(), classes(1, 2, 1, 1, 2, 0).reshape(3, 2), classes(5, 4, 3), classes(2, 2, 1)),
      () => [input(1, 5, 3, 3)],
      [],
    ],
    ['CosineEmbeddingLoss', () => new Against(new losses.CosineEmbeddingLoss({ margin: -0.9 }), signs()), two, []],
    ['TripletMarginLoss', () => new losses.TripletMarginLoss({ margin: 9 }), () => [...two(), input(3, 3, 4)], []],
  ])('%s', async (_name, make, inputs, names) => {
    await checkModule({ make, inputs, outputShape: [], parameterCount: 0, names });
  });

  test('TripletMarginWithDistanceLoss, with a distance that is one’s own', async () => {
    const distance_function = (a: Tensor, b: Tensor) => a.sub(b).square().sum(-1);
    const make = () => new losses.TripletMarginWithDistanceLoss({ distance_function, margin: 30, reduction: 'none' });
    const inputs = () => [input(1, 3, 4), input(2, 3, 4), input(3, 3, 4)];
    await checkModule({ make, inputs, outputShape: [3], parameterCount: 0, names: [] });
  });

  test.each<[string, () => TensorModule]>([
    ['CosineSimilarity', () => new losses.CosineSimilarity({ dim: -1 })],
    ['PairwiseDistance', () => new losses.PairwiseDistance({ p: 3 })],
  ])('%s', async (_name, make) => {
    await checkModule({ make, inputs: two, outputShape: [3], parameterCount: 0, names: [] });
  });
});
