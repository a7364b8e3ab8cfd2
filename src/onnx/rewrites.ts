import { broadcastShapes, isFloat, sameShape, sizeOf } from '../core/index.ts';
import { Node, type OpRow, type Value } from '../graph/index.ts';
import {
  add,
  cast,
  constant,
  constantOf,
  div,
  expandRow,
  gatherRows,
  linear,
  matmulOf,
  mul,
  neg,
  reshape,
  reshapeRow,
  scatterRows,
  standIn,
  stopGradient,
  sub,
  transpose,
} from '../ops/index.ts';

/**
 * One rule of the clean-up: a node of a row, and a cheaper value that equals its output, or null where the rule does
 * not apply. The rule sees the node's inputs after they were cleaned up. It changes no result but for rounding.
 */
interface Rewrite {
  readonly name: string;
  readonly row: OpRow | 'pointwise';
  readonly apply: (node: Node) => Value | null;
}

/** The rules, in the order in which they are tried on a node. */
export const rewrites: readonly Rewrite[] = [
  {
    name: 'a function of constants is a constant',
    row: 'pointwise',
    apply: ({ row, inputs, outputs }) => {
      const numbers = inputs.map((input) => input && constantOf(input));
      const y = outputs[0]!;
      if (!row.fold || y.shape.length > 0 || y.dtype !== inputs[0]?.dtype || !numbers.every((list) => list?.length === 1))
        return null;
      return constant(row.fold(...numbers.map((list) => list![0]!)), y.dtype);
    },
  },
  { name: 'x + 0 = x', row: add.row, apply: (node) => withoutNeutral(node, 0, true) },
  { name: 'x − 0 = x', row: sub.row, apply: (node) => withoutNeutral(node, 0, false) },
  { name: 'x · 1 = x', row: mul.row, apply: (node) => withoutNeutral(node, 1, true) },
  { name: 'x / 1 = x', row: div.row, apply: (node) => withoutNeutral(node, 1, false) },
  { name: '−(−x) = x', row: neg.row, apply: ({ inputs: [x] }) => (x!.node.row === neg.row ? x!.node.inputs[0]! : null) },
  {
    name: 'x + (−y) = x − y',
    row: add.row,
    apply: ({ inputs: [a, b] }) =>
      b!.node.row === neg.row ? sub(a!, b!.node.inputs[0]!) : a!.node.row === neg.row ? sub(b!, a!.node.inputs[0]!) : null,
  },
  {
    name: '(x · c) · d = x · cd',
    row: mul.row,
    apply: ({ inputs: [a, b] }) => {
      const [inner, d] = scaled(a!, b!);
      if (!inner || inner.node.row !== mul.row) return null;
      const [x, c] = scaled(inner.node.inputs[0]!, inner.node.inputs[1]!);
      return x && isFloat(x.dtype) && isNormal(c * d) ? mul(x, constant(c * d, x.dtype)) : null;
    },
  },
  {
    name: 'a cast to the same type',
    row: cast.row,
    apply: ({ inputs: [x], attributes }) => (x!.dtype === attributes.to ? x! : null),
  },
  { name: 'gradients are done: stopGradient(x) = x', row: stopGradient.row, apply: ({ inputs: [x] }) => x! },
  { name: 'gradients are done: standIn(x) = x', row: standIn.row, apply: ({ inputs: [x] }) => x! },
  {
    name: 'a reshape of a reshape',
    row: reshapeRow.row,
    apply: ({ inputs: [x], outputs: [y] }) =>
      x!.node.row === reshapeRow.row ? reshape(x!.node.inputs[0]!, { shape: y!.shape }) : null,
  },
  {
    name: 'a transpose of a transpose',
    row: transpose.row,
    apply: ({ inputs: [x], attributes }) => {
      const outer = attributes.perm as readonly number[];
      if (outer.every((axis, i) => axis === i)) return x!;
      if (x!.node.row !== transpose.row) return null;
      const inner = x!.node.attributes.perm as readonly number[];
      const perm = outer.map((axis) => inner[axis]!);
      const source = x!.node.inputs[0]!;
      return perm.every((axis, i) => axis === i) ? source : transpose(source, { perm });
    },
  },
  {
    name: 'a transpose that moves no axis but those of length 1 is a reshape',
    row: transpose.row,
    apply: ({ inputs: [x], attributes, outputs: [y] }) => {
      const kept = (attributes.perm as readonly number[]).filter((axis) => x!.shape[axis]! > 1);
      return kept.every((axis, i) => i === 0 || axis > kept[i - 1]!) ? reshape(x!, { shape: y!.shape }) : null;
    },
  },
  {
    name: 'a product reads a transposed factor as it lies',
    row: matmulOf.row,
    apply: ({ inputs, attributes }) => {
      let [a, b] = inputs as [Value, Value];
      let { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
      if (swapsLastTwo(a)) [a, transposeA] = [a.node.inputs[0]!, !transposeA];
      if (swapsLastTwo(b)) [b, transposeB] = [b.node.inputs[0]!, !transposeB];
      return a === inputs[0] && b === inputs[1] ? null : matmulOf(a, b, { transposeA, transposeB });
    },
  },
  {
    name: 'a product of single numbers with rows is element-wise',
    row: matmulOf.row,
    apply: ({ inputs: [a, b], attributes: { transposeA, transposeB } }) => {
      const isScalar = a!.shape.at(-1) === 1 && a!.shape.at(-2) === 1;
      // Both have as many axes, so that they line up.
      return isScalar && !transposeA && !transposeB && a!.shape.length === b!.shape.length ? mul(a!, b!) : null;
    },
  },
  {
    name: 'picked rows with their axes in another order: the indices in that order',
    row: transpose.row,
    apply: ({ inputs: [x], attributes }) => {
      const order = indexOrder(x!, attributes.perm as readonly number[]);
      const [table, indices] = x!.node.inputs;
      return (
        order && gatherRows(table!, transpose(indices!, { perm: order }), x!.node.attributes as { paddingIdx: number | null })
      );
    },
  },
  {
    name: 'a linear map of rows picked more often than there are: the mapped table, picked from',
    row: linear.row,
    apply: ({ inputs: [x, weight, bias] }) => {
      if (x!.node.row !== gatherRows.row) return null;
      const [table, indices] = x!.node.inputs as [Value, Value];
      return isPickedOften(table, indices) ? gatherRows(linear(table, weight!, bias!), indices, { paddingIdx: null }) : null;
    },
  },
  {
    name: 'rows added up with their axes in another order: the indices in the order of the rows',
    row: scatterRows.row,
    apply: ({ inputs: [updates, indices], attributes }) => {
      if (updates!.node.row !== transpose.row) return null;
      const perm = updates!.node.attributes.perm as readonly number[];
      const count = indices!.shape.length;
      if (!keepsRest(perm, count)) return null;
      const order = perm.slice(0, count).map((_, axis) => perm.indexOf(axis));
      const rows = attributes.rows as number;
      return scatterRows(updates!.node.inputs[0]!, transpose(indices!, { perm: order }), { rows });
    },
  },
  {
    name: 'products added up by rows: the left factor added up, and one product',
    row: scatterRows.row,
    apply: ({ inputs: [updates, indices], attributes }) => {
      const product = beforeReshape(updates!);
      if (product.node.row !== matmulOf.row || product.shape.length !== 2) return null;
      const [a, b] = product.node.inputs as [Value, Value];
      const flags = product.node.attributes as { transposeA: boolean; transposeB: boolean };
      const rows = attributes.rows as number;
      const isRowwise = !flags.transposeA && b.shape.length === 2 && updates!.shape.length === indices!.shape.length + 1;
      if (!isRowwise || sizeOf(indices!.shape) !== a.shape[0] || rows * 2 > a.shape[0]!) return null;
      return matmulOf(addedRows(a, indices!, rows), b, flags);
    },
  },
  {
    name: 'a product over picked rows: what meets them added up by rows, and a product over the table',
    row: matmulOf.row,
    apply: ({ inputs: [a, b], attributes }) => {
      const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
      const picked = beforeReshape(b!);
      if (picked.node.row !== gatherRows.row || !transposeA || transposeB || a!.shape.length !== 2 || b!.shape.length !== 2)
        return null;
      const [table, indices] = picked.node.inputs as [Value, Value];
      if (!isPickedOften(table, indices) || sizeOf(indices.shape) !== b!.shape[0]) return null;
      return matmulOf(addedRows(a!, indices, table.shape[0]!), table, { transposeA, transposeB });
    },
  },
  {
    name: 'element-wise ops broadcast by themselves: no expand before them',
    row: 'pointwise',
    apply: (node) => {
      const bare = node.inputs.map((input) => (input?.node.row === expandRow.row ? input.node.inputs[0]! : input));
      if (node.inputs.every((input, i) => input === bare[i])) return null;
      // Drop expands from the first on, as long as the others still give the shape.
      const inputs = [...node.inputs];
      for (let i = 0; i < inputs.length; i++) {
        const trial = inputs.map((input, at) => (at === i ? bare[at]! : input));
        const shape = trial.reduce(
          (all: readonly number[], input) => (input ? broadcastShapes(all, input.shape, 'clean-up') : all),
          [],
        );
        if (sameShape(shape, node.outputs[0]!.shape)) inputs[i] = trial[i]!;
      }
      return inputs.every((input, i) => input === node.inputs[i]) ? null : rebuilt(node, inputs);
    },
  },
];

/** The node's row on other inputs that give the same output type. */
function rebuilt(node: Node, inputs: readonly (Value | null)[]): Value {
  return new Node(node.row, inputs, node.attributes, node.outputs, node.source).outputs[0]!;
}

/** x where the other side of the node is the constant that changes nothing. */
function withoutNeutral({ inputs, outputs }: Node, neutral: number, commutes: boolean): Value | null {
  const [a, b] = inputs as [Value, Value];
  const y = outputs[0]!;
  if (isConstant(b, neutral) && sameShape(a.shape, y.shape)) return a;
  return commutes && isConstant(a, neutral) && sameShape(b.shape, y.shape) ? b : null;
}

function isConstant(value: Value, number: number): boolean {
  const numbers = constantOf(value);
  return numbers?.length === 1 && numbers[0] === number;
}

/** Whether a number has full precision in float32: neither 0 nor infinite nor so small that digits are lost. */
function isNormal(number: number): boolean {
  return Math.abs(number) >= 2 ** -126 && Math.abs(number) < 2 ** 128;
}

/** The factor that is not a constant scalar, and the scalar; `[null, 1]` where there is none. */
function scaled(a: Value, b: Value): [Value | null, number] {
  const [left, right] = [constantOf(a), constantOf(b)];
  if (right?.length === 1 && b.shape.length === 0 && !left) return [a, right[0]!];
  if (left?.length === 1 && a.shape.length === 0 && !right) return [b, left[0]!];
  return [null, 1];
}

function swapsLastTwo(x: Value): boolean {
  if (x.node.row !== transpose.row) return false;
  const perm = x.node.attributes.perm as readonly number[];
  const rank = perm.length;
  return rank >= 2 && perm.every((axis, i) => axis === (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
}

/** Whether a permutation leaves all axes behind the first `count` where they are. */
function keepsRest(perm: readonly number[], count: number): boolean {
  return perm.every((axis, i) => i < count || axis === i);
}

/** The permutation of the indices' axes that stands for one of the picked rows' axes, or null where there is none. */
function indexOrder({ node }: Value, perm: readonly number[]): readonly number[] | null {
  if (node.row !== gatherRows.row) return null;
  const count = node.inputs[1]!.shape.length;
  return count > 1 && keepsRest(perm, count) ? perm.slice(0, count) : null;
}

/** Whether a table of vectors has less than half as many rows as are picked from it: then it pays to work on the table. */
function isPickedOften(table: Value, indices: Value): boolean {
  return table.shape.length === 2 && table.shape[0]! * 2 <= sizeOf(indices.shape);
}

function beforeReshape(x: Value): Value {
  return x.node.row === reshapeRow.row ? x.node.inputs[0]! : x;
}

/** The rows of a matrix, added up by their indices. */
function addedRows(x: Value, indices: Value, rows: number): Value {
  return scatterRows(reshape(x, { shape: [...indices.shape, x.shape[1]!] }), indices, { rows });
}
