/**
 * The gradient of a loop as a loop in the other direction. What its runs need of the first loop's values is kept, stacked,
 * or, where it only moves elements about, done again. A sum over all runs, as the gradient of a weight is, leaves the loop
 * where the op can take the runs' inputs joined together: then many thin products become one.
 */
import { isFloat, sameShape } from '../core/index.ts';
import { type Loop, Node, substituted, topologicalOrder, type Value } from '../graph/index.ts';
import { add, data, isData, reshape, zerosLike } from '../ops/index.ts';
import { gradients } from './gradients.ts';

/** Where a stack of one value of every run lies: an input of the first loop, an output of it, or one of the backward loop. */
export interface Stack {
  readonly input?: number;
  readonly output?: number;
  readonly stacked?: number;
}

/** The gradient of a captured input as a sum over all runs, taken after the loop. */
export interface JoinedSum {
  readonly input: number;
  readonly parts: readonly Stack[];
  readonly sum: (stacks: readonly Value[]) => Value;
}

/** A backward loop, and what its inputs and outputs are to the first one, by the numbers of that one's. */
export interface BackwardLoop {
  readonly loop: Loop;
  /** Carried inputs (and outputs) whose gradients are carried. */
  readonly carried: readonly number[];
  /** Inputs whose gradients are added up in the loop, and carried after those. */
  readonly totals: readonly number[];
  /** Outputs whose gradients are sliced. */
  readonly slopes: readonly number[];
  /** What is sliced after those. */
  readonly slices: readonly Stack[];
  /** Inputs that are seen whole. */
  readonly captured: readonly number[];
  /** Inputs whose gradients are the first of what the runs give. */
  readonly ofSlices: readonly number[];
  readonly sums: readonly JoinedSum[];
}

/** The values of a body that have to be outputs of the loop, besides those it has, for a gradient to be had. */
export function keptForGradient(loop: Loop): Value[] {
  if (topologicalOrder(loop.outputs).some(({ row }) => !row.vjp)) return [];
  const outputs = [...loop.outputs];
  // What is kept has a gradient as well, once a gradient is differentiated: until no more is needed for that.
  for (;;) {
    const { read } = new Derivation(
      { ...loop, outputs },
      outputs.map(() => true),
    );
    const missing = read.filter(({ stack }) => stack === null).map(({ value }) => value);
    if (missing.length === 0) return outputs.slice(loop.outputs.length);
    outputs.push(...missing);
  }
}

/** The backward loop where gradients reach the outputs of which `reached` says so. */
export function backwardLoop(loop: Loop, reached: readonly boolean[]): BackwardLoop {
  return new Derivation(loop, reached).backward();
}

/** A value of the body that the backward loop reads, and where it lies; null where it is not kept. */
interface Read {
  readonly value: Value;
  readonly stack: Stack | null;
}

/** A sum over all runs: of what, and how it is formed of stacks of that. */
interface Sum {
  readonly parts: readonly Value[];
  readonly sum: (stacks: readonly Value[]) => Value;
}

class Derivation {
  readonly #loop: Loop;
  /** The nodes of the body. */
  readonly #body: ReadonlySet<Node>;
  readonly #inputs: ReadonlyMap<Value, number>;
  readonly #reached: readonly number[];
  readonly #seeds: ReadonlyMap<number, Value>;
  readonly #gradients: ReadonlyMap<number, Value>;
  readonly #sums = new Map<number, Sum>();
  readonly read: readonly Read[];
  readonly #captured: readonly Value[];

  constructor(loop: Loop, reached: readonly boolean[]) {
    const { inputs, outputs, carried, sliced } = loop;
    this.#loop = loop;
    this.#body = new Set([...topologicalOrder(outputs), ...inputs.map(({ node }) => node)]);
    this.#inputs = new Map(inputs.map((input, i) => [input, i]));
    // A gradient may arrive at what is carried from the runs that come after.
    this.#reached = outputs.flatMap(({ dtype }, i) => (isFloat(dtype) && (i < carried || reached[i]) ? [i] : []));
    this.#seeds = new Map(this.#reached.map((i) => [i, data(outputs[i]!, { kind: 'part' })]));
    const floats = inputs.flatMap(({ dtype }, i) => (isFloat(dtype) ? [i] : []));
    const found = gradients(
      this.#reached.map((i) => outputs[i]!),
      this.#reached.map((i) => this.#seeds.get(i)!),
      floats.map((i) => inputs[i]!),
      { independent: true },
    );
    this.#gradients = new Map(floats.flatMap((input, i) => (found[i] ? [[input, found[i]]] : [])));
    for (const [input, g] of this.#gradients) {
      const sum = input >= carried + sliced ? this.#sumOf(g) : null;
      if (sum) this.#sums.set(input, sum);
    }
    const wanted = [...this.#gradients].flatMap(([input, g]) => this.#sums.get(input)?.parts ?? [g]);
    const values = this.#needed(wanted);
    this.#captured = values.filter((value) => (this.#inputs.get(value) ?? -1) >= carried + sliced);
    this.read = values.flatMap((value) => (this.#captured.includes(value) ? [] : [{ value, stack: this.#stackOf(value) }]));
  }

  backward(): BackwardLoop {
    const { inputs, carried, sliced, reverse } = this.#loop;
    const states = this.#reached.filter((i) => i < carried);
    const slopes = this.#reached.filter((i) => i >= carried);
    const inside = [...this.#gradients].filter(([input]) => !this.#sums.has(input));
    const totals = inside.filter(([input]) => input >= carried + sliced);
    const ofSlices = inside.filter(([input]) => input >= carried && input < carried + sliced);
    const leaf = (value: Value) => data(value, { kind: 'part' });
    const accumulators = totals.map(([input]) => leaf(inputs[input]!));
    // Values that a sum needs but no run reads are taken from where they lie.
    const joined = new Map<Value, Stack>();
    const stacked = ofSlices.map(([, g]) => g);
    for (const { parts } of this.#sums.values()) {
      for (const part of parts) {
        if (joined.has(part)) continue;
        const lies = this.#body.has(part.node) ? this.#stackOf(part) : null;
        if (!lies && !stacked.includes(part)) stacked.push(part);
        joined.set(part, lies ?? { stacked: stacked.indexOf(part) });
      }
    }
    const results = [
      ...states.map((i) => this.#gradients.get(i) ?? zerosLike(inputs[i]!)),
      ...totals.map(([, g], i) => add(accumulators[i]!, g)),
      ...stacked,
    ];
    const needed = this.#needed(results);
    const captured = this.#captured.filter((value) => needed.includes(value));
    let slices: Read[] = this.read.filter(({ value }) => needed.includes(value));
    if (slopes.length + slices.length === 0) slices = [{ value: inputs[carried]!, stack: { input: carried } }];
    const replaced = new Map<Value, Value>();
    for (const value of [...slices.map(({ value }) => value), ...captured]) replaced.set(value, leaf(value));
    const leaves = [
      ...states.map((i) => this.#seeds.get(i)!),
      ...accumulators,
      ...slopes.map((i) => this.#seeds.get(i)!),
      ...slices.map(({ value }) => replaced.get(value)!),
      ...captured.map((value) => replaced.get(value)!),
    ];
    return {
      loop: {
        inputs: leaves,
        outputs: substituted(results, replaced),
        carried: states.length + totals.length,
        sliced: slopes.length + slices.length,
        reverse: !reverse,
      },
      carried: states,
      totals: totals.map(([input]) => input),
      slopes,
      slices: slices.map(({ stack }) => stack!),
      captured: captured.map((value) => this.#inputs.get(value)!),
      ofSlices: ofSlices.map(([input]) => input),
      sums: Array.from(this.#sums, ([input, { parts, sum }]) => ({
        input,
        parts: parts.map((part) => joined.get(part)!),
        sum,
      })),
    };
  }

  /** The values of the body that others are made from: leaves, and results that are not cheap to compute again. */
  #needed(values: readonly Value[]): Value[] {
    const found = new Set<Value>();
    const seen = new Set<Value>();
    const open = [...values];
    for (const value of open) {
      if (seen.has(value)) continue;
      seen.add(value);
      const { node } = value;
      if (this.#body.has(node) && !this.#isDoneAgain(value)) found.add(value);
      // A constant stands in any graph.
      else for (const input of node.inputs) if (input) open.push(input);
    }
    return [...found];
  }

  #isDoneAgain(value: Value): boolean {
    const { row, inputs } = value.node;
    if (inputs.length === 0) return !this.#inputs.has(value);
    return (row.view || row.moves) && this.#stackOf(value) === null;
  }

  /** Where a stack of a value of the body lies, or null. */
  #stackOf(value: Value): Stack | null {
    const { carried, outputs, sliced } = this.#loop;
    const input = this.#inputs.get(value) ?? -1;
    if (input >= carried && input < carried + sliced) return { input };
    const output = outputs.indexOf(value, carried);
    return output < 0 ? null : { output };
  }

  /** The sum over all runs of a captured input's gradient as one application to what is joined, or null where there is none. */
  #sumOf(g: Value): Sum | null {
    const { row, inputs, attributes, outputs } = g.node;
    const apply = (values: readonly Value[]) => new Node(row, values, attributes, outputs).outputs[g.index]!;
    if (this.#body.has(g.node) || isData(g.node)) return null;
    if (row === add.row) {
      const [a, b] = inputs.map((input) => (sameShape(input!.shape, g.shape) ? this.#sumOf(input!) : null));
      if (!a || !b) return null;
      const cut = a.parts.length;
      return {
        parts: [...a.parts, ...b.parts],
        sum: (stacks) => add(a.sum(stacks.slice(0, cut)), b.sum(stacks.slice(cut))),
      };
    }
    if (row.view && inputs.length === 1) {
      const inner = this.#sumOf(inputs[0]!);
      return inner && { parts: inner.parts, sum: (stacks) => apply([inner.sum(stacks)]) };
    }
    const groups = row.axes.summed?.(inputs, attributes) ?? [];
    const isWhole = groups.some((group) => group.length === inputs.length && group.every(([, axis]) => axis === 0));
    const parts = inputs as readonly Value[];
    if (!isWhole) return null;
    const joined = (stack: Value) => reshape(stack, { shape: [stack.shape[0]! * stack.shape[1]!, ...stack.shape.slice(2)] });
    return { parts, sum: (stacks) => apply(stacks.map(joined)) };
  }
}
