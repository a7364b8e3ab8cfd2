import { describe, expect, test } from 'vitest';
import { type Tensor, tensor, zeros } from '../tensor/index.ts';
import { functionalCall, Linear, Module } from './index.ts';

describe('functionalCall', () => {
  test('computes with the weights it is given, and leaves the module as it was', async () => {
    const linear = new Linear(2, 2);
    const { weight, bias } = linear;
    const y = functionalCall(
      linear,
      {
        weight: tensor([
          [1, 2],
          [3, 4],
        ]),
        bias: tensor([10, 20]),
      },
      tensor([[1, 1]]),
    );
    expect(await y.toArray()).toEqual([[13, 27]]);
    expect([linear.weight, linear.bias]).toEqual([weight, bias]);
    expect(() => functionalCall(linear, { weight: zeros([2, 2]) }, zeros([1, 3]))).toThrow(/^linear/);
    expect(linear.weight).toBe(weight);
  });

  test('replaces a shared weight wherever it stands', async () => {
    class Tied extends Module {
      readonly one = new Linear(2, 2, { bias: false });
      readonly parts = [new Linear(2, 2, { bias: false })];
      constructor() {
        super();
        Object.assign(this.parts[0]!, { weight: this.one.weight });
      }
      override forward(x: Tensor): Tensor {
        return this.parts[0]!.forward(this.one.forward(x));
      }
    }
    const weight = tensor([
      [2, 0],
      [0, 3],
    ]);
    expect(await functionalCall(new Tied(), { 'parts.0.weight': weight }, tensor([[1, 1]])).toArray()).toEqual([[4, 9]]);
  });

  test('refuses names and shapes that the module does not have', () => {
    const linear = new Linear(2, 3);
    expect(() => functionalCall(linear, { weigth: zeros([3, 2]) }, zeros([1, 2]))).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: functionalCall: Linear has no weigth; did you mean weight?]`,
    );
    expect(() => functionalCall(linear, { weight: zeros([2, 3]) }, zeros([1, 2]))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: functionalCall: weight is [3, 2] and was given as [2, 3]; both need one shape.]`,
    );
  });
});
