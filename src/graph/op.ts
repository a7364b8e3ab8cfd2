import type { DType, Shape, TypedArray } from '../core/index.ts';
import { type Attributes, Node, type Type, type Value } from './value.ts';

/** An attribute of an emitted ONNX node. */
export type EmittedAttribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  /** The number by which ONNX names an element type. */
  | { readonly dtype: DType };

/** Options of an emitted ONNX node. */
export interface EmitOptions {
  readonly attributes?: Readonly<Record<string, EmittedAttribute>>;
  /** Operator domain; left out for ONNX's own. */
  readonly domain?: 'com.microsoft';
}

/** The graph that `Emitter.scan` runs again and again. */
export interface ScanBody {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** A graph that runs once for each slice of some values, with what it carries from one run to the next. */
export interface Loop extends ScanBody {
  /** How many of the first inputs and outputs are carried. */
  readonly carried: number;
  /** How many of the next inputs are slices; the others are seen whole. */
  readonly sliced: number;
  /** From the last slice to the first. */
  readonly reverse: boolean;
}

/** Options of `Emitter.scan`. */
export interface ScanOptions {
  /** Names of what the first run finds as its carried values. Default: none are carried. */
  readonly carried?: readonly string[];
  /** From the last slice to the first. Default false. */
  readonly reverse?: boolean;
}

/** What a row's `lower` writes to. Names go in, names come out. */
export interface Emitter {
  /** Adds a node of one output and gives that output's name. A `null` input is one left out. */
  node(opType: string, inputs: readonly (string | null)[], options?: EmitOptions): string;
  /** Adds a node of several outputs. */
  nodes(opType: string, inputs: readonly (string | null)[], outputs: number, options?: EmitOptions): string[];
  /** A tensor that never changes, stored in the model. */
  constant(dtype: DType, data: TypedArray | readonly number[], shape?: Shape): string;
  /**
   * An int64 vector that follows from shapes. It is an input of the program rather than part of it, so that one
   * program serves every batch shape.
   */
  dims(values: readonly number[]): string;
  /** Shape and element type of an input of the op being lowered. */
  type(name: string): Type;
  /**
   * Runs a small graph once for each slice of the first axis of `sliced`, which it may do with what the run before left.
   * @param captured names that every run sees whole.
   * @param body a graph whose leaves `inputs` stand for each of `carried`, then for a slice of each of `sliced`, then for
   * `captured`. Its first `outputs` are the next content of `carried`; the others are stacked along a new first axis. All
   * its leaves that hold data are among `inputs`: where it needs other data, such as `shapeScalar` makes, capture that.
   * @returns the last content of each of `carried`, then what was stacked, in the order of the slices.
   */
  scan(sliced: readonly string[], captured: readonly string[], body: ScanBody, options?: ScanOptions): string[];
  /** Whether the runtime has this operator: a contrib one, or one that not every device implements. */
  has(opType: string): boolean;
  /** Whether a name stands for a leaf whose content is part of the program. */
  isWeight(name: string): boolean;
}

/** Places of one axis: a range, or those that an input of the op (by its number) names, each at most once. */
export type Places = { readonly axis: number } & ({ readonly start: number; readonly end: number } | { readonly at: number });

type Types = readonly (Type | null)[];

/** What is known of an op's axes: by it, work is left out where only some places of an axis matter. */
export interface AxisFacts {
  /**
   * For an axis of the outputs, the axis of each input that holds the same places; null for an input that has no such axis
   * and is needed whole. Null altogether where a place of the output depends on more than those.
   */
  readonly along?: (axis: number, inputs: Types, attributes: Attributes, y: Type) => readonly (number | null)[] | null;
  /** Groups of inputs, by number: an element of the output is zero where those of all inputs of one group are. */
  readonly zeroWith?: readonly (readonly number[])[];
  /** Axes that are summed together, as groups of [input, axis]: places where one of a group is zero need not be read. */
  readonly summed?: (inputs: Types, attributes: Attributes) => readonly (readonly (readonly [number, number])[])[];
  /** The places of input 0 of which the output consists. */
  readonly picks?: (attributes: Attributes) => Places;
  /** The places of the output that hold input 0; the others are zero. */
  readonly fills?: (attributes: Attributes, inputs: Types) => Places;
  /** The attributes under which the op gives an output of another shape, where they say the shape. */
  readonly attributesFor?: (y: Type) => Attributes;
}

/** Everything the passes know about an op, its names erased. */
export interface OpRow {
  readonly name: string;
  /** Names of the inputs; `bias?` may be null, and `...xs` (the last) stands for any number. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly lower: (
    emitter: Emitter,
    inputs: readonly (string | null)[],
    attributes: Attributes,
    types: readonly Type[],
  ) => readonly string[];
  readonly vjp: ((gradients: readonly (Value | null)[], node: Node) => readonly (Value | null)[]) | null;
  /** Each element of the output depends on the same element of each input, after broadcasting. */
  readonly pointwise: boolean;
  /** The output is the first input's bytes, perhaps under another shape. */
  readonly view: boolean;
  /** Whether an output may be written into the memory of an input, where not every pointwise op may: by their numbers. */
  readonly overwrites: ((output: number, input: number) => boolean) | null;
  /** The op on plain numbers, where constants are worth computing before anything runs. */
  readonly fold: ((...numbers: number[]) => number) | null;
  /** Each element of the outputs is one of the first input's: what is cheaper to compute again than to keep. */
  readonly moves: boolean;
  /** Whether there are runtimes that want to know every length before they compute a graph with this op in it. */
  readonly wantsLengths: boolean;
  /** What the op runs again and again, where it is a loop. */
  readonly loop: Loop | null;
  /** Floating-point operations of one application; `null` counts one for each element of the output, or none for a view. */
  readonly flops: ((inputs: readonly (Type | null)[], attributes: Attributes, y: Type) => number) | null;
  readonly axes: AxisFacts;
}

/** A row's facts besides its functions, with what holds when nothing is said. */
export const plainFacts = {
  pointwise: false,
  view: false,
  overwrites: null,
  fold: null,
  moves: false,
  wantsLengths: false,
  loop: null,
  flops: null,
  axes: {},
} as const;

type Bare<N extends string> = N extends `...${infer B}` ? B : N extends `${infer B}?` ? B : N;
type Held<N extends string, T> = N extends `...${string}` ? readonly T[] : N extends `${string}?` ? T | null : T;
type ByName<Names extends readonly string[], T> = { readonly [N in Names[number] as Bare<N>]: Held<N, T> };
type Positional<Names extends readonly string[], T> = { readonly [I in keyof Names]: Held<Names[I], T> };
type AttributeArguments<A extends Attributes> = keyof A extends never ? [] : [attributes: A];
type OutputNames = readonly string[];

/** What a row's functions see: inputs by name, and the attributes. */
type Seen<Names extends readonly string[], A extends Attributes, T> = ByName<Names, T> & A;

/** An op of one output, called with its inputs in order and then its attributes. */
export interface Op<Names extends readonly string[], A extends Attributes = Record<never, never>> {
  (...args: [...Positional<Names, Value>, ...AttributeArguments<A>]): Value;
  readonly row: OpRow;
}

/** An op of several outputs, which it gives by name. */
export interface MultiOp<
  Names extends readonly string[],
  Outputs extends OutputNames,
  A extends Attributes = Record<never, never>,
> {
  (...args: [...Positional<Names, Value>, ...AttributeArguments<A>]): { readonly [O in Outputs[number]]: Value };
  readonly row: OpRow;
}

/** The declaration of an op of one output. */
export interface OpDeclaration<Names extends readonly string[], A extends Attributes> {
  readonly name: string;
  readonly inputs: Names;
  /** Shape and element type of the output. Throws where the inputs do not fit, naming the op, the shapes and the axis. */
  readonly infer: (seen: Seen<Names, A, Type>) => Type;
  /** Writes the op in ONNX. `y` is the output's type. */
  readonly lower: (emitter: Emitter, seen: Seen<Names, A, string> & { readonly y: Type }) => string;
  /**
   * The gradient of each input, given the gradient `g` of the output `y`, written in ops. Summing back over broadcast
   * axes is the reverse walk's work. `null` for an input without a gradient. Left out: `grad` throws with the op's name.
   */
  readonly vjp?: (
    g: Value,
    seen: Seen<Names, A, Value> & { readonly y: Value },
  ) => { readonly [K in keyof ByName<Names, Value>]?: Value | readonly (Value | null)[] | null };
  readonly pointwise?: boolean;
  readonly view?: boolean;
  readonly fold?: (...numbers: number[]) => number;
  readonly moves?: boolean;
  readonly wantsLengths?: boolean;
  readonly flops?: OpRow['flops'];
  /** Of a pointwise op `along` is known. */
  readonly axes?: AxisFacts;
}

/** The declaration of an op of several outputs. */
export interface MultiOpDeclaration<Names extends readonly string[], Outputs extends OutputNames, A extends Attributes> {
  readonly name: string;
  readonly inputs: Names;
  readonly outputs: Outputs;
  readonly infer: (seen: Seen<Names, A, Type>) => { readonly [O in Outputs[number]]: Type };
  readonly lower: (emitter: Emitter, seen: Seen<Names, A, string> & { readonly types: readonly Type[] }) => readonly string[];
  /** As in `OpDeclaration`; a gradient is `null` where that output was not used. */
  readonly vjp?: (
    gradients: { readonly [O in Outputs[number]]: Value | null },
    seen: Seen<Names, A, Value> & { readonly [O in Outputs[number]]: Value },
  ) => { readonly [K in keyof ByName<Names, Value>]?: Value | readonly (Value | null)[] | null };
  readonly moves?: boolean;
  readonly axes?: AxisFacts;
}

/** Declares an op of one output. */
/*@__NO_SIDE_EFFECTS__*/
export function defineOp<const Names extends readonly string[], A extends Attributes = Record<never, never>>(
  declaration: OpDeclaration<Names, A>,
): Op<Names, A> {
  const { name, infer, lower, vjp } = declaration;
  const slots = slotsOf(declaration.inputs);
  const row: OpRow = {
    name,
    inputs: declaration.inputs,
    outputs: ['y'],
    lower: (emitter, inputs, attributes, types) => [
      lower(emitter, { ...named(slots, inputs), ...attributes, y: types[0] } as never),
    ],
    vjp: vjp
      ? (gradients, node) => {
          const seen = { ...named(slots, node.inputs), ...node.attributes, y: node.outputs[0] };
          return unnamed(slots, vjp(gradients[0]!, seen as never), node.inputs.length);
        }
      : null,
    pointwise: declaration.pointwise ?? false,
    view: declaration.view ?? false,
    overwrites: null,
    fold: declaration.fold ?? null,
    moves: declaration.moves ?? false,
    wantsLengths: declaration.wantsLengths ?? false,
    loop: null,
    flops: declaration.flops ?? null,
    axes: { ...(declaration.pointwise && { along: alongBroadcast }), ...declaration.axes },
  };
  const apply = (...args: unknown[]): Value => {
    const { inputs, attributes } = split(slots, args);
    const type = infer({ ...named(slots, inputs), ...attributes } as never);
    return new Node(row, inputs, attributes, [type]).outputs[0]!;
  };
  return Object.assign(apply, { row }) as unknown as Op<Names, A>;
}

/** Declares an op of several outputs. */
/*@__NO_SIDE_EFFECTS__*/
export function defineMultiOp<
  const Names extends readonly string[],
  const Outputs extends OutputNames,
  A extends Attributes = Record<never, never>,
>(declaration: MultiOpDeclaration<Names, Outputs, A>): MultiOp<Names, Outputs, A> {
  const { name, outputs, infer, lower, vjp } = declaration;
  const slots = slotsOf(declaration.inputs);
  const row: OpRow = {
    name,
    inputs: declaration.inputs,
    outputs,
    lower: (emitter, inputs, attributes, types) => lower(emitter, { ...named(slots, inputs), ...attributes, types } as never),
    vjp: vjp
      ? (gradients, node) => {
          const seen = { ...named(slots, node.inputs), ...node.attributes, ...byOutput(outputs, node.outputs) };
          return unnamed(slots, vjp(byOutput(outputs, gradients) as never, seen as never), node.inputs.length);
        }
      : null,
    ...plainFacts,
    moves: declaration.moves ?? false,
    axes: declaration.axes ?? {},
  };
  const apply = (...args: unknown[]) => {
    const { inputs, attributes } = split(slots, args);
    const types = infer({ ...named(slots, inputs), ...attributes } as never) as Record<string, Type>;
    const node = new Node(
      row,
      inputs,
      attributes,
      outputs.map((output) => types[output]!),
    );
    return byOutput(outputs, node.outputs);
  };
  return Object.assign(apply, { row }) as unknown as MultiOp<Names, Outputs, A>;
}

/** Inputs aligned with the output at the last axis; what is repeated along an axis has no places on it. */
export function alongBroadcast(axis: number, inputs: Types, _attributes: Attributes, y: Type): (number | null)[] {
  return inputs.map((input) => {
    const own = input ? axis - (y.shape.length - input.shape.length) : -1;
    return own >= 0 && input!.shape[own] === y.shape[axis] ? own : null;
  });
}

interface Slots {
  readonly names: readonly string[];
  /** Name of the last input when it stands for any number of values. */
  readonly rest: string | null;
}

function slotsOf(inputs: readonly string[]): Slots {
  const last = inputs.at(-1);
  const rest = last?.startsWith('...') ? last.slice(3) : null;
  const fixed = rest === null ? inputs : inputs.slice(0, -1);
  return { names: fixed.map((name) => (name.endsWith('?') ? name.slice(0, -1) : name)), rest };
}

function split(slots: Slots, args: readonly unknown[]): { inputs: (Value | null)[]; attributes: Attributes } {
  const fixed = slots.names.length;
  const inputs = args.slice(0, fixed) as (Value | null)[];
  if (slots.rest !== null) inputs.push(...(args[fixed] as Value[]));
  return { inputs, attributes: (args[fixed + (slots.rest === null ? 0 : 1)] ?? {}) as Attributes };
}

function named<T>(slots: Slots, inputs: readonly (T | null)[]): Record<string, unknown> {
  const seen: Record<string, unknown> = {};
  slots.names.forEach((name, i) => {
    seen[name] = inputs[i] ?? null;
  });
  if (slots.rest !== null) seen[slots.rest] = inputs.slice(slots.names.length);
  return seen;
}

function unnamed(slots: Slots, gradients: Readonly<Record<string, unknown>>, count: number): (Value | null)[] {
  const list = slots.names.map((name) => (gradients[name] ?? null) as Value | null);
  if (slots.rest !== null) {
    const rest = (gradients[slots.rest] ?? []) as (Value | null)[];
    for (let i = 0; i < count - slots.names.length; i++) list.push(rest[i] ?? null);
  }
  return list;
}

function byOutput<T>(outputs: readonly string[], values: readonly T[]): Record<string, T> {
  return Object.fromEntries(outputs.map((output, i) => [output, values[i]!]));
}
