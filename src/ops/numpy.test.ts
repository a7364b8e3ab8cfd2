import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import broadcasting from '../../test/golden/ops/broadcasting.json' with { type: 'json' };
import einsums from '../../test/golden/ops/einsum.json' with { type: 'json' };
import indexing from '../../test/golden/ops/indexing.json' with { type: 'json' };
import { leaf } from '../../test/support/check-op.ts';
import type { Plain } from '../../test/support/reference.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { sizeOf } from '../core/index.ts';
import type { Value } from '../graph/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';
import * as ops from './index.ts';

/*
 * The same random cases as NumPy had: test/golden/ops/make.py says how inputs are filled. Whole numbers are computed in
 * float32, which holds all of them exactly. Hundreds of cases run as one program.
 */

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.dispose());

type Numbers = readonly number[];
type Shapes = readonly Numbers[];

const filled = (shape: Numbers, k: number): Value =>
  leaf({ shape, data: Array.from({ length: sizeOf(shape) }, (_, i) => ((7 * i + 3 * k) % 19) - 9) });
const counted = (shape: Numbers): Value => leaf({ shape, data: Array.from({ length: sizeOf(shape) }, (_, i) => i) });

interface Golden {
  readonly title: string;
  readonly make: () => Value;
  readonly want: Plain;
}

function compare(name: string, cases: readonly Golden[]): void {
  describe(name, () => {
    test('has at least 2000 cases', () => expect(cases.length).toBeGreaterThanOrEqual(2000));
    const size = 250;
    test.each(Array.from({ length: Math.ceil(cases.length / size) }, (_, i) => i * size))(
      'as NumPy, from case %i',
      async (from) => {
        const batch = cases.slice(from, from + size);
        const values = batch.map(({ make, title }) => {
          try {
            return make();
          } catch (error) {
            throw new Error(title, { cause: error });
          }
        });
        const got = await runGraph(runtime, values);
        const wrong = batch.flatMap(({ title, want }, i) => {
          const { shape, data } = got[i]!;
          const isRight = shape.join() === want.shape.join() && data.every((number, k) => number === want.data[k]);
          return isRight ? [] : [{ title, got: got[i], want }];
        });
        expect(wrong).toEqual([]);
      },
    );
  });
}

compare(
  'einsum',
  (einsums as unknown as [string, Shapes, Numbers, Numbers][]).map(([equation, shapes, shape, data]) => ({
    title: `${equation} of ${JSON.stringify(shapes)}`,
    make: () => ops.einsum(equation, shapes.map(filled)),
    want: { shape, data },
  })),
);

compare(
  'indexing',
  (indexing as unknown as [Numbers, ops.IndexItem[], Numbers, Numbers][]).map(([from, items, shape, data]) => ({
    title: `${JSON.stringify(items)} of ${JSON.stringify(from)}`,
    make: () => ops.indexed(counted(from), items),
    want: { shape, data },
  })),
);

compare(
  'broadcasting',
  (broadcasting as unknown as [string, Shapes, Numbers, Numbers][]).map(([op, shapes, shape, data]) => ({
    title: `${op} of ${JSON.stringify(shapes)}`,
    make: () => {
      const apply = (ops as unknown as Record<string, (a: Value, b: Value) => Value>)[op]!;
      return apply(filled(shapes[0]!, 0), filled(shapes[1]!, 1));
    },
    want: { shape, data },
  })),
);
