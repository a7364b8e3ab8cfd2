import { checkpointed } from '../autodiff/index.ts';
import { byteSize, sizeOf } from '../core/index.ts';
import { type Node, topologicalOrder, type Value } from '../graph/index.ts';
import { computeOnDemand, simplify } from '../onnx/index.ts';
import { isTracking } from './modes.ts';
import { randomState, replayingRandom } from './random.ts';
import { Tensor } from './tensor.ts';

/**
 * f(...args), whose inner values are computed again for the gradient instead of kept: less memory, one more forward pass of f.
 * Like torch.utils.checkpoint. Source: Chen, Xu, Zhang and Guestrin, 2016, arXiv:1604.06174.
 */
export function checkpoint(f: (...args: Tensor[]) => Tensor, ...args: readonly Tensor[]): Tensor {
  let tracks = args.some((arg) => arg.tracksGrad);
  const random = randomState();
  let isFirst = true;
  const onValues = (...values: Value[]): Value => {
    const inner = () => f(...values.map((value, i) => new Tensor(value, { tracks: args[i]!.tracksGrad })));
    // Computed again, dropout has to drop what it dropped before.
    const y = isFirst ? inner() : replayingRandom(random, inner);
    isFirst = false;
    tracks ||= y.tracksGrad;
    return y.value;
  };
  const value = checkpointed(
    onValues,
    args.map((arg) => arg.value),
  );
  return new Tensor(value, { tracks: tracks && isTracking() });
}

/** What a graph would cost, known before it runs. */
export interface GraphReport {
  /** Nodes, leaves and constants left out. */
  readonly nodes: number;
  /** Floating-point operations; a multiplication with an addition counts two. */
  readonly flops: number;
  /** Bytes of all values, as if none shared memory: an upper bound of what a run holds. */
  readonly bytes: number;
  /** How many nodes of each op there are, most first. */
  readonly ops: Readonly<Record<string, number>>;
  /** Operations that are left when nothing is computed twice, and nothing for rows that nobody reads: what will run. */
  readonly flopsNeeded: number;
}

/** What computing these tensors together would cost: looks at the graph, runs nothing. */
export function peek(...tensors: readonly Tensor[]): GraphReport {
  const counts = new Map<string, number>();
  const values = tensors.map(({ value }) => value);
  let flops = 0;
  let bytes = 0;
  for (const node of topologicalOrder(values)) {
    if (!node.row.view) for (const output of node.outputs) bytes += sizeOf(output.shape) * byteSize(output.dtype);
    if (node.inputs.length === 0) continue;
    counts.set(node.row.name, (counts.get(node.row.name) ?? 0) + 1);
    flops += flopsOf(node);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const needed = topologicalOrder(computeOnDemand(simplify(values)));
  return {
    nodes: sorted.reduce((sum, [, count]) => sum + count, 0),
    flops,
    bytes,
    ops: Object.fromEntries(sorted),
    flopsNeeded: needed.reduce((sum, node) => sum + (node.inputs.length > 0 ? flopsOf(node) : 0), 0),
  };
}

function flopsOf({ row, inputs, attributes, outputs }: Node): number {
  const y = outputs[0]!;
  if (row.flops) return row.flops(inputs, attributes, y);
  return row.view ? 0 : sizeOf(y.shape);
}
