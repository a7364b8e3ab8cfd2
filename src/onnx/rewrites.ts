import { broadcastShapes, isFloat, sameShape } from '../core/index.ts';
import { Node, type OpRow, type Value } from '../graph/index.ts';
import {
  add,
  cast,
  constant,
  constantOf,
  div,
  expandRow,
  matmulOf,
  mul,
  neg,
  reshape,
  reshapeRow,
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
