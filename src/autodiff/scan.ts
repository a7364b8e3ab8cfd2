import { DTypeError, formatShape, ShapeError, sameShape } from '../core/index.ts';
import {
  type Loop,
  loopNode,
  loopRow,
  type Node,
  type OpRow,
  structureOfLoop,
  substituted,
  type Value,
} from '../graph/index.ts';
import { data, zerosLike } from '../ops/index.ts';
import { capturedBy } from './captured.ts';
import { type BackwardLoop, backwardLoop, keptForGradient, type Stack } from './scan-backward.ts';

/** What a run of a loop gives, and what the loop gives as a whole. */
export interface ScanResult<T = Value> {
  /** What the next run finds; in the end, what the last one left. */
  readonly carried: readonly T[];
  /** What a run gives beside that; in the end, all of it along a new first axis, in the order of the slices. */
  readonly stacked: readonly T[];
}

/** What a loop runs on. */
export interface ScanInputs<T = Value> {
  /** What the first run finds. */
  readonly carried: readonly T[];
  /** What each run sees one slice of, of the first axis. */
  readonly sliced: readonly T[];
  /** What each run sees whole. Default: none. */
  readonly captured?: readonly T[];
  /** From the last slice to the first. Default false. */
  readonly reverse?: boolean;
}

/** One run of a loop, as a graph of the values that it is given. */
export type ScanBody<T = Value> = (carried: readonly T[], slices: readonly T[], captured: readonly T[]) => ScanResult<T>;

/**
 * Runs `body` once for each slice of the first axis of `sliced`, each run on what the one before carried on. A recurrence
 * as one node of the graph, whose gradient is again such a node, and so can be differentiated again. A leaf that the body
 * uses though it was not given counts as captured; what else it closes over is computed anew in each run.
 * @throws ShapeError when there is nothing to slice, lengths differ, or a run carries on another shape than it found.
 * @throws DTypeError when it carries on another element type.
 */
export function scan(body: ScanBody, { carried, sliced, captured = [], reverse = false }: ScanInputs): ScanResult {
  requireSlices(sliced);
  const parts = (values: readonly Value[]) => values.map(part);
  const slices = sliced.map(({ shape, dtype }) => part({ shape: shape.slice(1), dtype }));
  const given = [parts(carried), slices, parts(captured)] as const;
  const run = body(...given);
  requireSame(carried, run.carried);
  const outputs = applied(
    {
      inputs: given.flat(),
      outputs: [...run.carried, ...run.stacked],
      carried: carried.length,
      sliced: sliced.length,
      reverse,
    },
    [...carried, ...sliced, ...captured],
  );
  const end = carried.length + run.stacked.length;
  return { carried: outputs.slice(0, carried.length), stacked: outputs.slice(carried.length, end) };
}

/** A leaf of a body. */
function part({ shape, dtype }: Pick<Value, 'shape' | 'dtype'>): Value {
  return data({ shape, dtype }, { kind: 'part' });
}

/** Rows by their structure: a model's next step has the same loops, whose gradients need not be derived again. */
const rows = new Map<string, OpRow>();
const rowLimit = 256;

/** The outputs of a loop on its inputs, and after them what is kept for its gradient. */
function applied(loop: Loop, given: readonly Value[]): readonly Value[] {
  const strays = capturedBy(loop.outputs, loop.inputs);
  const leaves = new Map(strays.map((stray) => [stray, part(stray)]));
  const closed: Loop = {
    ...loop,
    inputs: [...loop.inputs, ...leaves.values()],
    outputs: strays.length > 0 ? substituted(loop.outputs, leaves) : loop.outputs,
  };
  const structure = structureOfLoop(closed);
  let row = rows.get(structure);
  if (!row) {
    const kept = keptForGradient(closed);
    row = differentiable({ ...closed, outputs: [...closed.outputs, ...kept] });
    if (rows.size === rowLimit) rows.clear();
    rows.set(structure, row);
  }
  return loopNode(row, structure, [...given, ...strays]).outputs;
}

/** The row of a loop, which derives its gradient when it is first asked for. */
function differentiable(loop: Loop): OpRow {
  const known = new Map<string, BackwardLoop>();
  return loopRow(loop, (gradients, node) => {
    const reached = gradients.map((g) => g !== null);
    const key = reached.join();
    const backward = known.get(key) ?? backwardLoop(loop, reached);
    known.set(key, backward);
    return gradientsOf(node, gradients, backward);
  });
}

/** The gradients of a loop's inputs, from a loop in the other direction. */
function gradientsOf(node: Node, gradients: readonly (Value | null)[], backward: BackwardLoop): (Value | null)[] {
  const arriving = (output: number) => gradients[output] ?? zerosLike(node.outputs[output]!);
  const from = ({ input, output }: Stack) => (input === undefined ? node.outputs[output!]! : node.inputs[input]!);
  const outputs = applied(backward.loop, [
    ...backward.carried.map(arriving),
    ...backward.totals.map((input) => zerosLike(node.inputs[input]!)),
    ...backward.slopes.map(arriving),
    ...backward.slices.map(from),
    ...backward.captured.map((input) => node.inputs[input]!),
  ]);
  const found = new Array<Value | null>(node.inputs.length).fill(null);
  const firstStacked = backward.carried.length + backward.totals.length;
  backward.carried.forEach((input, i) => {
    found[input] = outputs[i]!;
  });
  backward.totals.forEach((input, i) => {
    found[input] = outputs[backward.carried.length + i]!;
  });
  backward.ofSlices.forEach((input, i) => {
    found[input] = outputs[firstStacked + i]!;
  });
  const stack = (place: Stack) => (place.stacked === undefined ? from(place) : outputs[firstStacked + place.stacked]!);
  for (const { input, parts, sum } of backward.sums) found[input] = sum(parts.map(stack));
  return found;
}

function requireSlices(sliced: readonly Value[]): void {
  const shapes = sliced.map(({ shape }) => formatShape(shape)).join(', ');
  if (sliced.length === 0 || sliced.some(({ shape }) => shape.length === 0 || shape[0] !== sliced[0]!.shape[0]))
    throw new ShapeError(`scan: what is sliced is ${shapes || 'nothing'}; it needs one length on the first axis of each.`);
}

function requireSame(carried: readonly Value[], next: readonly Value[]): void {
  const list = (values: readonly Value[]) => values.map(({ shape, dtype }) => `${dtype}${formatShape(shape)}`).join(', ');
  if (carried.length !== next.length || carried.some(({ shape }, i) => !sameShape(shape, next[i]!.shape)))
    throw new ShapeError(`scan: it carries ${list(carried)} and a run gives ${list(next)}; shapes must stay the same.`);
  if (carried.some(({ dtype }, i) => dtype !== next[i]!.dtype))
    throw new DTypeError(`scan: it carries ${list(carried)} and a run gives ${list(next)}; element types must stay the same.`);
}
