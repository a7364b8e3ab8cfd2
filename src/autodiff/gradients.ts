import { formatShape, isFloat, type Shape, ShapeError, sameShape, UnsupportedError } from '../core/index.ts';
import { type Node, topologicalOrder, type Value } from '../graph/index.ts';
import { add, reshape, sum } from '../ops/index.ts';

/** How gradients are taken. */
export interface GradientOptions {
  /**
   * The xs are inputs of their own, whatever they were made from: no gradient flows through one of them to another.
   * Default false: where one x was made from another, the other's gradient counts that way as well.
   */
  readonly independent?: boolean;
}

/**
 * Gradients of the sum of ⟨y, g⟩ over `ys` with respect to each of `xs`, by a reverse walk over the graph.
 * `null` where no y depends on that x. The result is graph again, so it can be differentiated again.
 * @throws ShapeError when a gradient has another shape than its y. @throws UnsupportedError for an op without a gradient.
 */
export function gradients(
  ys: readonly Value[],
  gs: readonly Value[],
  xs: readonly Value[],
  { independent = false }: GradientOptions = {},
): (Value | null)[] {
  const order = topologicalOrder(ys);
  const between = nodesFrom(xs, order);
  const arriving = new Map<Value, Value>();
  ys.forEach((y, i) => {
    const g = gs[i]!;
    if (!sameShape(y.shape, g.shape)) {
      throw new ShapeError(
        `grad: y is ${formatShape(y.shape)} and its gradient is ${formatShape(g.shape)}; both need one shape.`,
      );
    }
    accumulate(arriving, y, g);
  });
  const wanted = new Set(xs);
  const ends = new Set(independent ? xs.map((x) => x.node) : []);
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!;
    if (ends.has(node) || !node.inputs.some((input) => input !== null && between.has(input.node))) continue;
    const incoming = node.outputs.map((output) => arriving.get(output) ?? null);
    if (incoming.every((g) => g === null)) continue;
    // What was asked for stays in the map; everything else is done with.
    for (const output of node.outputs) if (!wanted.has(output)) arriving.delete(output);
    if (!node.row.vjp)
      throw new UnsupportedError(`grad: ${node.row.name} has no gradient. Use stopGradient where none should flow.`);
    const outgoing = node.row.vjp(incoming, node);
    node.inputs.forEach((input, slot) => {
      const g = outgoing[slot];
      if (input && g && between.has(input.node) && isFloat(input.dtype))
        accumulate(arriving, input, sumToShape(g, input.shape));
    });
  }
  return xs.map((x) => arriving.get(x) ?? null);
}

/** The nodes that make `xs`, and all in `order` that depend on them. */
function nodesFrom(xs: readonly Value[], order: readonly Node[]): Set<Node> {
  const found = new Set(xs.map((x) => x.node));
  for (const node of order) {
    if (node.inputs.some((input) => input !== null && found.has(input.node))) found.add(node);
  }
  return found;
}

function accumulate(arriving: Map<Value, Value>, value: Value, g: Value): void {
  const before = arriving.get(value);
  arriving.set(value, before ? add(before, g) : g);
}

/** Undoes broadcasting: sums a gradient over the axes that were repeated to reach its shape. */
function sumToShape(g: Value, shape: Shape): Value {
  if (sameShape(g.shape, shape)) return g;
  const added = g.shape.length - shape.length;
  const axes = g.shape.flatMap((length, i) => (i < added || (shape[i - added] === 1 && length !== 1) ? [i] : []));
  return reshape(axes.length > 0 ? sum(g, { axes, keepDims: false }) : g, { shape });
}
