import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cases } from '../../test/support/cases.ts';
import { checkCase, leaf } from '../../test/support/check-op.ts';
import { mapped, matrixProduct, type Plain } from '../../test/support/reference.ts';
import { loweredGraph, runGraph } from '../../test/support/run-graph.ts';
import { normal } from '../../test/support/samples.ts';
import { type Node, topologicalOrder, type Value } from '../graph/index.ts';
import { trimLoops } from '../onnx/index.ts';
import { add, cast, constant, gatherRows, matmul, mul, sigmoid, split, sum, tanh } from '../ops/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';
import { gradients } from './gradients.ts';
import { type ScanInputs, scan } from './scan.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.dispose());

const plus = (a: Plain, b: Plain) => mapped((x, y) => x + y, a, b);
const times = (a: Plain, b: Plain) => mapped((x, y) => x * y, a, b);
const row = (x: Plain, t: number): Plain => {
  const size = x.data.length / x.shape[0]!;
  return { shape: x.shape.slice(1), data: x.data.slice(t * size, (t + 1) * size) };
};
const stackOf = (rows: readonly Plain[]): Plain => ({
  shape: [rows.length, ...rows[0]!.shape],
  data: rows.flatMap(({ data }) => data),
});

/** The loop as a loop: `run` on each slice in turn. */
function looped(
  start: readonly Plain[],
  xs: Plain,
  reverse: boolean,
  run: (h: readonly Plain[], x: Plain) => { readonly carried: readonly Plain[]; readonly stacked: readonly Plain[] },
): Plain[] {
  let carried = start;
  const steps: (readonly Plain[])[] = [];
  for (let i = 0; i < xs.shape[0]!; i++) {
    const t = reverse ? xs.shape[0]! - 1 - i : i;
    const given = run(carried, row(xs, t));
    carried = given.carried;
    steps[t] = given.stacked;
  }
  return [...carried, ...steps[0]!.map((_, i) => stackOf(steps.map((each) => each[i]!)))];
}

type Sequence = { reverse: boolean };
const listed = ({ carried, stacked }: ReturnType<typeof scan>) => [...carried, ...stacked];

/** h ← tanh(x + h·w + b), and each h: the product and the bias leave the backward loop as one product and one sum. */
const plainCell = cases(
  function plainCell(h: Value, x: Value, w: Value, b: Value, { reverse }: Sequence) {
    return listed(
      scan(
        ([state], [slice], [weight, bias]) => {
          const next = tanh(add(add(slice!, matmul(state!, weight!)), bias!));
          return { carried: [next], stacked: [next] };
        },
        { carried: [h], sliced: [x], captured: [w, b], reverse },
      ),
    );
  },
  {
    inputs: ['h', 'x', 'w', 'b'],
    reference: ({ h, x, w, b, reverse }: { h: Plain; x: Plain; w: Plain; b: Plain } & Sequence) =>
      looped([h], x, reverse, ([state], slice) => {
        const next = mapped(Math.tanh, plus(plus(slice, matrixProduct(state!, w)), b));
        return { carried: [next], stacked: [next] };
      }),
    tolerance: 'rounding',
  },
  [
    { h: normal(2, 3), x: normal(4, 2, 3), w: normal(3, 3), b: normal(3), reverse: false },
    { h: normal(2, 3), x: normal(4, 2, 3), w: normal(3, 3), b: normal(3), reverse: true },
    { h: normal(2, 3), x: normal(1, 2, 3), w: normal(3, 3), b: normal(3), reverse: false, note: 'one slice' },
  ],
);

/** Two carried values that mix, a gate that is split, a factor whose gradient has to be added up in the loop, and a closure. */
const gated = cases(
  function gated(h: Value, c: Value, x: Value, v: Value, u: Value, { reverse }: Sequence) {
    return listed(
      scan(
        ([state, cell], [slice], [factor]) => {
          const [forget, enter] = split(sigmoid(add(slice!, mul(u, slice!))), { axis: 1, sizes: [3, 3] });
          const next = add(mul(forget!, cell!), mul(enter!, mul(state!, factor!)));
          return { carried: [tanh(next), next], stacked: [mul(state!, next), forget!] };
        },
        { carried: [h, c], sliced: [x], captured: [v], reverse },
      ),
    );
  },
  {
    inputs: ['h', 'c', 'x', 'v', 'u'],
    reference: ({ h, c, x, v, u, reverse }: Record<'h' | 'c' | 'x' | 'v' | 'u', Plain> & Sequence) =>
      looped([h, c], x, reverse, ([state, cell], slice) => {
        const gates = mapped((a) => 1 / (1 + Math.exp(-a)), plus(slice, times(u, slice)));
        const part = (from: number): Plain => ({
          shape: [2, 3],
          data: [0, 1].flatMap((i) => gates.data.slice(6 * i + from, 6 * i + from + 3)),
        });
        const next = plus(times(part(0), cell!), times(part(3), times(state!, v)));
        return { carried: [mapped(Math.tanh, next), next], stacked: [times(state!, next), part(0)] };
      }),
    tolerance: 'rounding',
  },
  [
    { h: normal(2, 3), c: normal(2, 3), x: normal(3, 2, 6), v: normal(2, 3), u: normal(2, 6), reverse: false },
    { h: normal(2, 3), c: normal(2, 3), x: normal(3, 2, 6), v: normal(3), u: normal(2, 6), reverse: true },
  ],
);

describe('scan', () => {
  for (const op of [plainCell, gated]) {
    test.each(op.cases)(`${op.name} $title`, (opCase) => checkCase(runtime, op, opCase));
  }

  const vector = (...numbers: number[]) => leaf({ shape: [numbers.length], data: numbers });
  const total = (x: Value) => sum(x, { axes: x.shape.map((_, axis) => axis), keepDims: false });
  const gradientOf = (y: Value, ...xs: Value[]) => gradients([total(y)], [leaf({ shape: [], data: [1] })], xs);
  const numbers = async (values: readonly (Value | null)[]) =>
    (await runGraph(runtime, values as Value[])).map((plain) => plain.data);
  const opsOf = (body: readonly Value[]) => topologicalOrder(body).map(({ row: { name } }) => name);
  const loops = (values: readonly Value[]): Node[] => topologicalOrder(values).filter(({ row: { loop } }) => loop);

  test('carries whole numbers beside others, and picks rows of a table inside', async () => {
    const table = leaf({ shape: [3, 2], data: [1, 2, 3, 4, 5, 6] });
    const start = leaf({ shape: [1], data: [0] }, 'int64');
    const { carried, stacked } = scan(
      ([at, state], [x], [rows]) => {
        const picked = gatherRows(rows!, at!, { paddingIdx: null });
        const next = mul(add(state!, x!), picked);
        return { carried: [add(at!, constant([1], 'int64')), next], stacked: [next] };
      },
      {
        carried: [start, vector(0, 0)].map((v, i) => (i === 0 ? v : leaf({ shape: [1, 2], data: [0, 0] }))),
        sliced: [leaf({ shape: [3, 1, 2], data: [1, 1, 1, 1, 1, 1] })],
        captured: [table],
      },
    );
    expect(await numbers([carried[0]!, carried[1]!, ...gradientOf(stacked[0]!, table)])).toEqual([
      [3],
      // ((1·1 + 1)·3 + 1)·5 and ((1·2 + 1)·4 + 1)·6
      [35, 78],
      // The first row's factor goes through all three runs: 1 + 3 + 15 and 1 + 4 + 24; then (2)(1 + 5), (3)(1 + 6); 7 and 13.
      [19, 29, 12, 21, 7, 13],
    ]);
  });

  const weight = leaf({ shape: [2, 2], data: [0.5, -0.25, 0.125, 0.75] });
  const xs = leaf({ shape: [3, 1, 2], data: [1, 2, 3, 4, 5, 6] });
  const zero = leaf({ shape: [1, 2], data: [0, 0] });
  const cell = (options: Partial<ScanInputs> = {}) =>
    scan(
      ([h], [x], [w]) => {
        const next = tanh(add(x!, matmul(h!, w!)));
        return { carried: [next], stacked: [next] };
      },
      { carried: [zero], sliced: [xs], captured: [weight], ...options },
    );

  test('forms the gradient of a weight by one product behind the loop', () => {
    const [g] = gradientOf(cell().stacked[0]!, weight);
    const [forward, backward] = loops([g!]);
    expect(opsOf(forward!.row.loop!.outputs).filter((name) => name === 'matmul')).toHaveLength(1);
    // The one in the loop takes the gradient of a state to the state before.
    expect(opsOf(backward!.row.loop!.outputs).filter((name) => name === 'matmul')).toHaveLength(1);
    expect(g!.node.row.name).toBe('matmul');
  });

  test('keeps nothing for a gradient that nobody asks for', () => {
    const { stacked } = cell();
    const kept = ({ row: { loop } }: Node) => loop!.outputs.length;
    const [before] = loops(stacked);
    expect(kept(before!)).toBe(3);
    expect(loops(trimLoops(stacked)).map(kept)).toEqual([2]);
    const values = [stacked[0]!, gradientOf(stacked[0]!, xs)[0]!];
    // Forward the state and its stack. Backward the state's gradient and the slices'; no operand of the weight's gradient.
    expect(loops(trimLoops(values)).map(kept)).toEqual([2, 2]);
  });

  test('leaves out a carried value that leads to nothing', async () => {
    const { stacked } = scan(([a, b], [x]) => ({ carried: [add(a!, x!), mul(b!, x!)], stacked: [mul(a!, x!), tanh(b!)] }), {
      carried: [zero, zero],
      sliced: [xs],
    });
    const [trimmed] = trimLoops([stacked[0]!]);
    expect(trimmed!.node.row.loop).toMatchObject({ carried: 1, sliced: 1 });
    expect(await numbers([trimmed!])).toEqual([[0, 0, 3, 8, 20, 36]]);
  });

  test('does not run a loop more often than its slices when none of them is read', async () => {
    const { carried } = scan(([h]) => ({ carried: [add(h!, h!)], stacked: [] }), { carried: [vector(1, 3)], sliced: [xs] });
    const [trimmed] = trimLoops(carried);
    const start = carried[0]!.node.inputs[0]!;
    expect(await numbers([trimmed!, ...gradientOf(carried[0]!, start)])).toEqual([
      [8, 24],
      [8, 8],
    ]);
  });

  test('is one program for all lengths', () => {
    const program = (length: number) => {
      const sliced = [leaf({ shape: [length, 1, 2], data: new Array<number>(2 * length).fill(1) })];
      const [y] = cell({ sliced }).stacked;
      return JSON.stringify(loweredGraph([y!, ...(gradientOf(y!, weight) as Value[])], runtime), (_, value) =>
        typeof value === 'bigint' ? `${value}` : value,
      );
    };
    expect(program(3)).toBe(program(7));
  });

  test('says what does not fit', () => {
    const keep = (h: Value) => ({ carried: [h], stacked: [] });
    expect(() => scan(([h]) => keep(h!), { carried: [zero], sliced: [] })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: scan: what is sliced is nothing; it needs one length on the first axis of each.]`,
    );
    expect(() => cell({ sliced: [xs, zero] })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: scan: what is sliced is [3, 1, 2], [1, 2]; it needs one length on the first axis of each.]`,
    );
    expect(() =>
      scan((_, [x]) => keep(sum(x!, { axes: [0], keepDims: false })), { carried: [zero], sliced: [xs] }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: scan: it carries float32[1, 2] and a run gives float32[2]; shapes must stay the same.]`,
    );
    expect(() =>
      scan(([h]) => keep(cast(h!, { to: 'float64' })), { carried: [zero], sliced: [xs] }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[DTypeError: scan: it carries float32[1, 2] and a run gives float64[1, 2]; element types must stay the same.]`,
    );
  });
});
