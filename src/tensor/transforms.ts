import { checkpointed, type ScanBody, type ScanInputs, type ScanResult, scan as scanValues } from '../autodiff/index.ts';
import { byteSize, isFloat, sizeOf } from '../core/index.ts';
import { flopsOf, topologicalOrder, type Value } from '../graph/index.ts';
import { computeOnDemand, simplify } from '../onnx/index.ts';
import { isTracking, withoutUpdates } from './modes.ts';
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
    // Computed again, dropout has to drop what it dropped before, and running statistics have seen the batch.
    const y = isFirst ? inner() : replayingRandom(random, () => withoutUpdates(inner));
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

/** One run of a loop: from what is carried, a slice of each sliced tensor, and what is captured. */
export type ScanFunction = ScanBody<Tensor>;

/**
 * Runs f once for each slice of the first axis of `sliced`, each run on what the one before carried on: a recurrence. It is
 * one node of the graph and one operator of the program, however many slices there are, and so is its gradient. f is
 * called once, with stand-ins. Tensors made outside that f uses belong among `captured`: what else it closes over, leaves
 * such as parameters left out, is computed anew in each run, and random numbers drawn in f are the same in all runs.
 * Like jax.lax.scan.
 * @throws ShapeError when there is nothing to slice, lengths differ, or a run carries on another shape than it found.
 * @throws DTypeError when it carries on another element type.
 * @example const sums = scan(([sum], [x]) => ({ carried: [sum!.add(x!)], stacked: [sum!] }), { carried: [zeros([2])], sliced: [ones([5, 2])] });
 */
export function scan(
  f: ScanFunction,
  { carried, sliced, captured = [], reverse = false }: ScanInputs<Tensor>,
): ScanResult<Tensor> {
  const given = [carried, sliced, captured] as const;
  const tracked = given.some((tensors) => tensors.some((each) => each.tracksGrad));
  let tracks = tracked;
  const values = (tensors: readonly Tensor[]) => tensors.map(({ value }) => value);
  const tensors = (list: readonly Value[]) =>
    list.map((value) => new Tensor(value, { tracks: tracked && isFloat(value.dtype) }));
  const body = (...lists: readonly (readonly Value[])[]) => {
    const run = f(tensors(lists[0]!), tensors(lists[1]!), tensors(lists[2]!));
    tracks ||= [...run.carried, ...run.stacked].some((each) => each.tracksGrad);
    return { carried: values(run.carried), stacked: values(run.stacked) };
  };
  const inputs = { carried: values(carried), sliced: values(sliced), captured: values(captured), reverse };
  const result = scanValues(body, inputs);
  const made = (list: readonly Value[]) =>
    list.map((value) => new Tensor(value, { tracks: tracks && isTracking() && isFloat(value.dtype) }));
  return { carried: made(result.carried), stacked: made(result.stacked) };
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
    flopsNeeded: needed.reduce((sum, node) => sum + flopsOf(node), 0),
  };
}
