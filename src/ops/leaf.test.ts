import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leaf } from '../../test/support/check-op.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { structureOf } from '../graph/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';
import { add, constant, constantOf, isData, like, shapeScalar } from './index.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.dispose());

describe('leaves', () => {
  const x = leaf({ shape: [2], data: [1, 2] });

  test('of data are no part of a structure, constants are', () => {
    const text = (...values: Parameters<typeof structureOf>[0]) => structureOf(values).text;
    expect(text(add(x, x))).toBe(text(((other) => add(other, other))(leaf({ shape: [2], data: [7, 8] }))));
    expect(text(add(x, x))).not.toBe(text(add(x, leaf({ shape: [2], data: [1, 2] }))));
    const different = [1, 2, 0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) =>
      text(constant(value)),
    );
    expect(new Set(different).size).toBe(different.length);
    expect(text(constant(1))).not.toBe(text(constant(1, 'float64')));
    expect(text(constant([1, 2]))).not.toBe(text(constant([1, 2], 'float32', [2, 1])));
  });

  test('are told apart', () => {
    expect([isData(x.node), isData(constant(1).node), isData(add(x, x).node)]).toEqual([true, false, false]);
    expect([constantOf(constant([1, 2])), constantOf(x)]).toEqual([[1, 2], null]);
    expect(isData(shapeScalar(0.5, 'float32').node)).toBe(true);
  });

  test('hold their numbers in their type and shape', async () => {
    const numbers = [
      constant(2),
      constant([1, 2, 3, 4], 'float32', [2, 2]),
      constant([5, -6], 'int64'),
      constant([1, 0], 'bool'),
    ];
    expect(
      await runGraph(runtime, [...numbers, shapeScalar(0.25, 'float32'), shapeScalar(0.25, 'float64'), like(3, numbers[2]!)]),
    ).toEqual([
      { shape: [], data: [2] },
      { shape: [2, 2], data: [1, 2, 3, 4] },
      { shape: [2], data: [5, -6] },
      { shape: [2], data: [1, 0] },
      { shape: [], data: [0.25] },
      { shape: [], data: [0.25] },
      { shape: [], data: [3] },
    ]);
    expect(like(3, numbers[2]!).dtype).toBe('int64');
  });
});
