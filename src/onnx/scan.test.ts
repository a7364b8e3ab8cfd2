import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leaf } from '../../test/support/check-op.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { Node, type OpRow, plainFacts, type Type, type Value } from '../graph/index.ts';
import { add, data, expand, mul, reshape } from '../ops/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.dispose());

/** A loop as a node: one carried value, one sliced, one captured. */
function loop(
  [carried, sliced, captured]: readonly [Value, Value, Value],
  body: (h: Value, x: Value, w: Value) => { readonly next: Value; readonly steps: readonly Value[] },
  reverse = false,
): readonly Value[] {
  const part = (type: Type) => data({ shape: type.shape, dtype: type.dtype }, { kind: 'part' });
  const inputs = [part(carried), part({ shape: sliced.shape.slice(1), dtype: sliced.dtype }), part(captured)] as const;
  const { next, steps } = body(...inputs);
  const row: OpRow = {
    ...plainFacts,
    name: 'loop',
    inputs: ['carried', 'sliced', 'captured'],
    outputs: ['last', ...steps.map((_, i) => `steps${i}`)],
    lower: (emitter, [h, x, w]) => emitter.scan([x!], [w!], { inputs, outputs: [next, ...steps] }, { carried: [h!], reverse }),
    vjp: null,
  };
  const stacked = steps.map(({ shape, dtype }) => ({ shape: [sliced.shape[0]!, ...shape], dtype }));
  return new Node(row, [carried, sliced, captured], {}, [carried, ...stacked]).outputs;
}

const vector = (...numbers: number[]) => leaf({ shape: [numbers.length], data: numbers });
const numbers = async (values: readonly Value[]) => (await runGraph(runtime, values)).map((plain) => plain.data);

describe('scan', () => {
  const start = vector(1, 2);
  const xs = leaf({ shape: [3, 2], data: [1, 10, 2, 20, 3, 30] });
  const w = vector(2, 3);

  test('carries a value from slice to slice, and stacks what each run gives', async () => {
    const [last, steps] = loop([start, xs, w], (h, x, factor) => {
      const next = add(mul(h, factor), x);
      return { next, steps: [next] };
    });
    // 2h + x and 3h + x, three times.
    expect(await numbers([last!, steps!])).toEqual([
      [19, 234],
      [3, 16, 8, 68, 19, 234],
    ]);
  });

  test('goes from the last slice to the first when told, its results in the order of the slices', async () => {
    const [last, steps] = loop(
      [start, xs, w],
      (h, x, factor) => {
        const next = add(mul(h, factor), x);
        return { next, steps: [next] };
      },
      true,
    );
    expect(await numbers([last!, steps!])).toEqual([
      [25, 394],
      [25, 394, 12, 128, 5, 36],
    ]);
  });

  test('gives shapes by vectors of the graph around it, of one rank and different lengths', async () => {
    const [last, wide, tall] = loop([start, xs, w], (h, x, factor) => ({
      next: add(h, x),
      steps: [
        expand(reshape(h, { shape: [1, 2] }), { shape: [3, 2] }),
        expand(reshape(mul(x, factor), { shape: [2, 1] }), { shape: [2, 4] }),
      ],
    }));
    const [end, first, second] = await numbers([last!, wide!, tall!]);
    expect(end).toEqual([7, 62]);
    expect(first!.slice(0, 8)).toEqual([1, 2, 1, 2, 1, 2, 2, 12]);
    expect(second!.slice(8, 16)).toEqual([4, 4, 4, 4, 60, 60, 60, 60]);
  });

  test('gives what it carries and what it captures as they are', async () => {
    const [last, steps, same] = loop([start, xs, w], (h, x, factor) => ({ next: h, steps: [x, factor] }));
    expect(await numbers([last!, steps!, same!])).toEqual([
      [1, 2],
      [1, 10, 2, 20, 3, 30],
      [2, 3, 2, 3, 2, 3],
    ]);
  });

  test('stands in the body of another', async () => {
    const rows = leaf({ shape: [2, 3, 2], data: [1, 10, 2, 20, 3, 30, 1, 1, 1, 1, 1, 1] });
    const [last] = loop([start, rows, w], (h, x, factor) => {
      const [inner] = loop([h, x, factor], (state, slice, scale) => ({ next: add(mul(state, scale), slice), steps: [] }));
      return { next: inner!, steps: [] };
    });
    // h → 8h + 7 and h → 27h + 13 on the second row of slices.
    expect(await numbers([last!])).toEqual([[19 * 8 + 7, 234 * 27 + 13]]);
  });
});
