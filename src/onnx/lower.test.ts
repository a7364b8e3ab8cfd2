import { describe, expect, test } from 'vitest';
import { direction, leaf } from '../../test/support/check-op.ts';
import { gradients } from '../autodiff/index.ts';
import type { Value } from '../graph/index.ts';
import { add, constant, expand, layerNorm, linear, matmulOf, mean, mul, relu, reshape, softmax, sum } from '../ops/index.ts';
import { lower } from './lower.ts';
import { encodeModel } from './proto.ts';
import { simplify } from './simplify.ts';

const nothing = () => false;
const bytesOf = (values: readonly Value[]) =>
  Buffer.from(encodeModel(lower(simplify(values), nothing).graph)).toString('base64');
const x = leaf(direction([2, 3], 'x'));

describe('lower', () => {
  test('gives the same bytes for every batch shape, with gradients', () => {
    const step = (batch: number, time: number) => {
      const input = leaf(direction([batch, time, 4], 'input'));
      const [w, b, scale] = [leaf(direction([4, 4], 'w')), leaf(direction([4], 'b')), leaf(direction([4], 'scale'))];
      const h = layerNorm(relu(linear(input, w, b)), scale, b, { eps: 1e-5 });
      const scores = softmax(matmulOf(h, h, { transposeA: false, transposeB: true }), { axis: 2 });
      const loss = sum(mean(scores, { axes: [1, 2], keepDims: false }), { axes: [0], keepDims: false });
      return [loss, ...gradients([loss], [expand(constant(1), { shape: [] })], [w, b, scale])] as Value[];
    };
    // Not lengths of 1: where nothing has to be repeated, nothing is.
    const bytes = bytesOf(step(2, 3));
    for (const [batch, time] of [
      [5, 7],
      [3, 2],
      [64, 128],
    ] as const)
      expect([batch, time, bytesOf(step(batch, time)) === bytes]).toEqual([batch, time, true]);
  });

  test('names its inputs in order: leaves, and vectors that follow from shapes', () => {
    const { graph, inputs } = lower([reshape(x, { shape: [3, 2] })], nothing);
    expect(graph.inputs).toEqual([
      { name: 'i0', dtype: 'float32', shape: ['i0_0', 'i0_1'] },
      { name: 'i1', dtype: 'int64', shape: [2] },
    ]);
    expect(inputs).toEqual([{ leaf: x.node }, { dims: [3, 2] }]);
  });

  test('makes lengths part of the graph where it is not to serve others', () => {
    const { graph, inputs } = lower([reshape(x, { shape: [3, 2] })], nothing, { dynamic: false });
    expect(graph.inputs).toEqual([{ name: 'i0', dtype: 'float32', shape: [2, 3] }]);
    expect(graph.initializers).toMatchObject([{ shape: [2], data: BigInt64Array.of(3n, 2n) }]);
    expect(inputs).toEqual([{ leaf: x.node }]);
  });

  test('gives every output a name of its own', () => {
    const y = relu(x);
    const { graph } = lower([y, y, x, constant(2), x], nothing);
    expect(new Set(graph.outputs.map(({ name }) => name)).size).toBe(5);
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Relu', 'Identity', 'Identity', 'Identity', 'Identity']);
  });

  test('emits one node, and one constant, for what two ops both need', () => {
    const { graph } = lower(
      [add(mul(x, constant(2)), mul(x, constant(2))), mul(constant(0), x), mul(constant(-0), x)],
      nothing,
    );
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Mul', 'Add', 'Mul', 'Mul']);
    expect(graph.initializers.map(({ data }) => data[0])).toEqual([2, 0, -0]);
  });

  test('asks what the runtime has', () => {
    const [a, b] = [leaf(direction([2, 3, 4], 'a')), leaf(direction([2, 5, 4], 'b'))];
    const product = [matmulOf(a, b, { transposeA: false, transposeB: true })];
    const names = (has: (operator: string) => boolean) => lower(product, has).graph.nodes.map(({ opType }) => opType);
    expect(names((operator) => operator === 'FusedMatMul')).toEqual(['FusedMatMul']);
    expect(names(nothing)).toEqual(['Transpose', 'MatMul']);
  });
});
