/**
 * No work on what nobody reads. A loss that reads the first token of each text, or the masked words, needs only those rows
 * of the last layers, and its gradient is zero on all others. Here every value is given the places that somebody reads and
 * that are not zero anyway; what lies between is computed on these alone, forward and backward, down to the last op that
 * mixes places. Results are the same but for rounding; a place that is not read may be infinite without harm.
 */
import { Node, topologicalOrder, type Value } from '../graph/index.ts';
import {
  countOf,
  movedSelection,
  reshapedSelection,
  type Selection,
  sameSelection,
  select,
  selectedShape,
  selectionOf,
  unselect,
} from './selection.ts';

/** A selection of more than this share of the places saves too little. */
const largestShare = 0.875;

/** What is needed of a value: some places, or all. */
type Need = Selection | 'all';

/** The graph with each value computed only where it is read and may differ from zero. */
export function computeOnDemand(outputs: readonly Value[]): Value[] {
  const order = topologicalOrder(outputs);
  if (!order.some(({ row }) => row.axes.picks || row.axes.fills)) return [...outputs];
  const support = supports(order);
  const computed = needs(order, outputs, support);
  return computed.size === 0 ? [...outputs] : rebuild(order, outputs, support, computed);
}

/** The selection if it leaves out enough for what cutting and joining cost, else null. */
function worthwhile(selection: Selection): Selection | null {
  return countOf(selection.which) <= largestShare * selection.length ? selection : null;
}

/** Of each value that is zero but for some places, these places. */
function supports(order: readonly Node[]): Map<Value, Selection> {
  const found = new Map<Value, Selection>();
  for (const node of order) {
    const { fills, zeroWith = [] } = node.row.axes;
    const y = node.outputs[0]!;
    let own: Selection | null = null;
    if (fills) own = worthwhile(selectionOf(fills(node.attributes, node.inputs), y.shape, node.inputs));
    // The places of what is filled in would be places within those; the narrower answer is not worth the bookkeeping.
    else {
      for (const group of zeroWith) {
        const parts = group.map((i) => {
          const x = node.inputs[i]!;
          const selection = found.get(x);
          return selection ? outputSelection(node, i, selection) : null;
        });
        const [first] = parts;
        if (first && parts.every((part) => part && sameSelection(part, first))) own = first;
        if (own) break;
      }
    }
    if (own && inputSelections(node, own)) for (const output of node.outputs) found.set(output, own);
  }
  return found;
}

/** The nodes whose outputs are computed at some places only, and these places. */
function needs(
  order: readonly Node[],
  outputs: readonly Value[],
  support: ReadonlyMap<Value, Selection>,
): Map<Node, Selection> {
  const needed = new Map<Value, Need>();
  const computed = new Map<Node, Selection>();
  const require = (value: Value, need: Need) => {
    const known = needed.get(value);
    const same = known === undefined || (known !== 'all' && need !== 'all' && sameSelection(known, need));
    needed.set(value, same ? need : 'all');
  };
  for (const output of outputs) require(output, 'all');
  for (const node of [...order].reverse()) {
    const asked = node.outputs.flatMap((output) => needed.get(output) ?? []);
    const [first] = asked;
    const agreed = first !== 'all' && asked.every((each) => each !== 'all' && sameSelection(each, first!)) ? first : undefined;
    const own = agreed ?? support.get(node.outputs[0]!);
    const wanted = own && inputSelections(node, own);
    if (wanted) {
      computed.set(node, own);
      node.inputs.forEach((input, i) => {
        if (input) require(input, wanted[i] ?? 'all');
      });
      if ('at' in own.which) require(own.which.at, 'all');
      continue;
    }
    const read = readSelections(node, support);
    node.inputs.forEach((input, i) => {
      if (!input) return;
      const selection = read.get(i);
      require(input, selection ?? 'all');
      if (selection && 'at' in selection.which) require(selection.which.at, 'all');
    });
  }
  return computed;
}

/** The places of an output behind the places of one input, or null where they are no selection. */
function outputSelection(node: Node, input: number, selection: Selection): Selection | null {
  const { row, inputs, attributes } = node;
  const y = node.outputs[0]!;
  const { along } = row.axes;
  if (!along) return row.view && input === 0 ? reshapedSelection(selection, inputs[0]!.shape, y.shape) : null;
  const behind = y.shape.map((_, axis) => along(axis, inputs, attributes, y)?.[input] ?? null);
  const axes: number[] = [];
  for (let axis = selection.first; axis <= selection.last; axis++) {
    const place = behind.indexOf(axis);
    if (place < 0) return null;
    axes.push(place);
  }
  return movedSelection(selection, axes, y.shape);
}

/**
 * For each input of a node the places that these places of its outputs need, null for all of it; or null altogether where
 * the op cannot be computed at these places alone.
 */
function inputSelections(node: Node, selection: Selection): (Selection | null)[] | null {
  const { row, inputs, attributes } = node;
  const y = node.outputs[0]!;
  const { along, fills } = row.axes;
  if (fills) {
    const own = selectionOf(fills(attributes, inputs), y.shape, inputs);
    // At the places it fills, the output is its input.
    if (sameSelection(own, selection)) return inputs.map(() => null);
  }
  if (!along) {
    if (!row.view) return null;
    const own = reshapedSelection(selection, y.shape, inputs[0]!.shape);
    return own && inputs.map((_, i) => (i === 0 ? own : null));
  }
  const axes: (readonly (number | null)[])[] = [];
  for (let axis = selection.first; axis <= selection.last; axis++) {
    const behind = along(axis, inputs, attributes, y);
    if (!behind) return null;
    axes.push(behind);
  }
  const found: (Selection | null)[] = [];
  for (const [i, input] of inputs.entries()) {
    const own = axes.map((behind) => behind[i] ?? null);
    if (!input || own.every((axis) => axis === null)) found.push(null);
    else {
      if (own.some((axis, k) => axis === null || input.shape[axis] !== y.shape[selection.first + k])) return null;
      const moved = movedSelection(selection, own as number[], input.shape);
      if (!moved) return null;
      found.push(moved);
    }
  }
  // Of several outputs, all have to have these places on the same axes.
  return node.outputs.every(({ shape }) => isOn(selection, shape, y.shape)) ? found : null;
}

function isOn({ first, last }: Selection, shape: readonly number[], like: readonly number[]): boolean {
  return shape.length === like.length && shape.slice(first, last + 1).every((length, i) => length === like[first + i]);
}

/** The places that a node reads of its inputs though all of its output is wanted: what it picks, and what is not zero of a sum. */
function readSelections(node: Node, support: ReadonlyMap<Value, Selection>): Map<number, Selection> {
  const { row, inputs, attributes } = node;
  const read = new Map<number, Selection>();
  const picked = row.axes.picks && worthwhile(selectionOf(row.axes.picks(attributes), inputs[0]!.shape, inputs));
  if (picked) read.set(0, picked);
  for (const group of row.axes.summed?.(inputs, attributes) ?? []) {
    for (const [i, axis] of group) {
      const own = support.get(inputs[i]!);
      if (!own || own.first > axis || own.last < axis) continue;
      const moved = group.map(([other, otherAxis]) => {
        const axes = Array.from({ length: own.last - own.first + 1 }, (_, k) => own.first + k - axis + otherAxis);
        const { shape } = inputs[other]!;
        const fits = axes.every((at, k) => shape[at] === inputs[i]!.shape[own.first + k]);
        return fits ? movedSelection(own, axes, shape) : null;
      });
      // Several axes at once count only where each of them is summed; one is the common case and the only one taken.
      if (own.first !== own.last || !moved.every((each) => each)) continue;
      group.forEach(([other], k) => {
        read.set(other, moved[k]!);
      });
      return read;
    }
  }
  return read;
}

function rebuild(
  order: readonly Node[],
  outputs: readonly Value[],
  support: ReadonlyMap<Value, Selection>,
  computed: ReadonlyMap<Node, Selection>,
): Value[] {
  const rebuilt = new Map<Value, Value>();
  const whole = new Map<Value, Value>();
  /** The selection in terms of the new graph. */
  const current = (selection: Selection): Selection =>
    'at' in selection.which ? { ...selection, which: { at: all(selection.which.at) } } : selection;
  const all = (value: Value): Value => {
    const own = rebuilt.get(value) ?? value;
    const selection = computed.get(value.node);
    if (!selection) return own;
    const full = whole.get(value) ?? unselect(own, value, current(selection));
    whole.set(value, full);
    return full;
  };
  const isComputedAt = (value: Value, selection: Selection): boolean => {
    const own = computed.get(value.node);
    return own !== undefined && sameSelection(own, selection);
  };
  const at = (value: Value, selection: Selection): Value =>
    isComputedAt(value, selection) ? rebuilt.get(value)! : select(all(value), current(selection));

  for (const node of order) {
    const { row, inputs, attributes } = node;
    const selection = computed.get(node);
    const [x] = inputs;
    const y = node.outputs[0]!;
    if (selection) {
      const wanted = inputSelections(node, selection)!;
      if (row.axes.fills && !wanted[0]) {
        rebuilt.set(y, all(x!));
        continue;
      }
      const types = node.outputs.map(({ shape, dtype }) => ({ shape: selectedShape(shape, selection), dtype }));
      const parts = inputs.map((input, i) => input && (wanted[i] ? at(input, wanted[i]) : all(input)));
      const changed = row.axes.attributesFor ? { ...attributes, ...row.axes.attributesFor(types[0]!) } : attributes;
      const copy = new Node(row, parts, changed, types, node.source);
      for (const output of node.outputs) rebuilt.set(output, copy.outputs[output.index]!);
      continue;
    }
    const picked = row.axes.picks && worthwhile(selectionOf(row.axes.picks(attributes), x!.shape, inputs));
    if (picked && isComputedAt(x!, picked)) {
      rebuilt.set(y, rebuilt.get(x!)!);
      continue;
    }
    const read = picked ? null : readSelections(node, support);
    const parts = inputs.map((input, i) => input && (read?.has(i) ? at(input, read.get(i)!) : all(input)));
    if (parts.every((part, i) => part === inputs[i])) continue;
    const copy = new Node(row, parts, attributes, node.outputs, node.source);
    for (const output of node.outputs) rebuilt.set(output, copy.outputs[output.index]!);
  }
  return outputs.map(all);
}
