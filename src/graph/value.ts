import type { DType, Shape } from '../core/index.ts';
import type { OpRow } from './op.ts';

/** Shape and element type: what is known of a value before anything runs. */
export interface Type {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What an op may carry besides its inputs. Part of the graph's structure: a change of one means another compiled program. */
export type AttributeValue = number | string | boolean | null | readonly number[];

/** The attributes of one node, by name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/**
 * Where the content of a leaf comes from when the graph runs: host data, a runtime's buffer, a random key.
 * Opaque here; the layer that executes knows its own kinds. Not part of the graph's structure.
 */
export interface Source {
  readonly kind: string;
}

/** One application of an op. Immutable. */
export class Node {
  readonly row: OpRow;
  /** In the order of `row.inputs`; an optional input left out is `null`. */
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Attributes;
  /** The op and its attributes as text, so that two graphs can be compared quickly. */
  readonly key: string;
  readonly outputs: readonly Value[];
  readonly source: Source | null;

  constructor(
    row: OpRow,
    inputs: readonly (Value | null)[],
    attributes: Attributes,
    types: readonly Type[],
    source: Source | null = null,
  ) {
    this.row = row;
    this.inputs = inputs;
    this.attributes = attributes;
    this.key = keyOf(row.name, attributes);
    this.source = source;
    this.outputs = types.map((type, index) => new Value(this, index, type));
  }
}

/** One output of a node: a tensor that has not been computed. Immutable. */
export class Value implements Type {
  readonly node: Node;
  /** Which output of the node this is. */
  readonly index: number;
  readonly shape: Shape;
  readonly dtype: DType;

  constructor(node: Node, index: number, type: Type) {
    this.node = node;
    this.index = index;
    this.shape = type.shape;
    this.dtype = type.dtype;
  }
}

function keyOf(name: string, attributes: Attributes): string {
  for (const _ in attributes) return `${name}${JSON.stringify(attributes)}`;
  return name;
}
