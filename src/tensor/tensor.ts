import { gradients } from '../autodiff/index.ts';
import {
  ConfigError,
  DisposedError,
  type DType,
  DTypeError,
  formatShape,
  isFloat,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
  type TypedArray,
} from '../core/index.ts';
import { topologicalOrder, type Value } from '../graph/index.ts';
import * as ops from '../ops/index.ts';
import type { Device, Runtime, RuntimeBuffer } from '../runtime/index.ts';
import { type ExecuteOptions, execute, type Placement, runtimeFor } from './engine.ts';
import { TensorMethods } from './methods/index.ts';
import { isFrozen, isTracing, isTracking, noteLeaf, noteUpdate } from './modes.ts';
import {
  type BufferSource,
  bufferSource,
  frozenSource,
  isFrozenSource,
  type LeafSource,
  runtimeOf,
  type UploadSource,
  uploadSource,
} from './sources.ts';
import { computeAlong, dueWith } from './updates.ts';

/** Something that stands for a tensor in a formula: a tensor, or a number that takes the other side's element type. */
export type Operand = Tensor | number;

/** Memory that held a tensor's content before it was assigned another. */
export interface RetiredContent {
  readonly buffer: RuntimeBuffer;
  /** Says that the memory is about to be written: who still reads the old content gets an error that names the writer. */
  readonly overwrite: (by: string) => void;
}

/** Nested arrays of numbers, as `toArray` gives them. */
export type NestedArray = number | readonly NestedArray[];

/** The tensor to which a leaf belongs, so that `backward` can find where gradients go. */
const owners = new WeakMap<Value, Tensor>();

/**
 * An array of numbers that may not have been computed yet. Operations on it build a graph; nothing runs until someone
 * asks (`data`, `item`, `toArray`, `evaluate`, an optimizer's step). Immutable, but for parameters, which optimizers update.
 * Its methods over ops stand in `methods/`; here are its content, its gradients and its life.
 */
export class Tensor extends TensorMethods {
  /** The gradient that `backward` left here, or null. */
  grad: Tensor | null = null;

  #value: Value;
  /** The computed content of a tensor whose graph is still wanted, for gradients. */
  #computed: Value | null = null;
  #tracks: boolean;
  #requiresGrad: boolean;
  #disposed = false;

  /** Use `tensor`, `zeros` and their kin; this is for code that builds on the graph. */
  constructor(
    value: Value,
    { requiresGrad = false, tracks = requiresGrad }: { readonly requiresGrad?: boolean; readonly tracks?: boolean } = {},
  ) {
    super();
    if (requiresGrad && !isFloat(value.dtype)) {
      throw new DTypeError(`tensor: requiresGrad is set on ${value.dtype}; only floating-point tensors have gradients.`);
    }
    this.#value = value;
    this.#requiresGrad = requiresGrad;
    this.#tracks = tracks;
    if (requiresGrad) owners.set(value, this);
  }

  /** Whether `backward` collects a gradient here. True of parameters, unless frozen. */
  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }

  /** Freezes (false) or thaws a leaf for graphs built from here on. @throws ConfigError for a tensor made from others. */
  set requiresGrad(wanted: boolean) {
    if (!isLeaf(this.#value))
      throw new ConfigError(
        'requiresGrad: only a leaf can be frozen or thawed; this tensor was made from others. Use detach().',
      );
    this.#requiresGrad = wanted;
    this.#tracks = wanted;
    if (wanted) owners.set(this.#value, this);
    else owners.delete(this.#value);
  }

  override get shape(): Shape {
    return this.#value.shape;
  }

  override get dtype(): DType {
    return this.#value.dtype;
  }

  /** Number of axes. */
  override get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Whether a gradient of it would reach a tensor that requires one. */
  get tracksGrad(): boolean {
    return this.#tracks;
  }

  /** The graph under this tensor. @throws DisposedError after `dispose`. */
  override get value(): Value {
    this.#assertAlive();
    const value = this.#tracks ? this.#value : (this.#computed ?? this.#value);
    if (isLeaf(value)) noteLeaf(value, this);
    return value;
  }

  /** Where its content lies, or null when it was not computed or not moved there yet. */
  get device(): Device | null {
    const source = (this.#computed ?? this.#value).node.source as LeafSource | null;
    return source ? (runtimeOf(source)?.device ?? (source as UploadSource).device ?? null) : null;
  }

  // ---- content ----

  /** The elements, row by row. Runs what has not run. int64 comes as BigInts. */
  async data(options: ExecuteOptions = {}): Promise<TypedArray> {
    this.#assertAlive();
    await evaluate([this], options);
    this.#assertAlive();
    const source = (this.#computed ?? this.#value).node.source as LeafSource;
    if (source.kind === 'host') return source.data.slice();
    const { buffer } = source as BufferSource;
    return buffer.runtime.read(buffer);
  }

  /** The one element of a tensor that has only one. @throws ShapeError when it has more. */
  async item(options: ExecuteOptions = {}): Promise<number> {
    if (this.size !== 1)
      throw new ShapeError(
        `item: the tensor is ${formatShape(this.shape)}; it needs exactly one element. Use data() or toArray().`,
      );
    return Number((await this.data(options))[0]);
  }

  /** The elements as nested arrays of numbers. */
  async toArray(options: ExecuteOptions = {}): Promise<NestedArray> {
    const numbers = Array.from(await this.data(options), Number);
    const nest = (axis: number, offset: number, size: number): NestedArray => {
      if (axis === this.rank) return numbers[offset]!;
      const step = size / this.shape[axis]!;
      return Array.from({ length: this.shape[axis]! }, (_, i) => nest(axis + 1, offset + i * step, step));
    };
    return nest(0, 0, numbers.length);
  }

  /** A tensor with the same content on a device, or on a runtime (`{ runtime, precision }`). */
  async to(place: Device | Placement): Promise<Tensor> {
    const buffer = await this.#copyOn(await runtimeFor(place));
    return new Tensor(ops.data({ shape: this.shape, dtype: this.dtype }, bufferSource(buffer)));
  }

  /** Moves this tensor to a place, if it is not there; what was built on it before stays where it was. For parameters. */
  async moveTo(place: Device | Placement): Promise<void> {
    const runtime = await runtimeFor(place);
    const { source } = this.value.node;
    if (source && runtimeOf(source as LeafSource) === runtime) return;
    this.assign(await this.#copyOn(runtime))?.buffer.dispose();
  }

  async #copyOn(runtime: Runtime): Promise<RuntimeBuffer> {
    const content = await this.data();
    const buffer = runtime.allocate(this.dtype, content.length);
    runtime.write(buffer, content);
    return buffer;
  }

  // ---- gradients ----

  /** The same content, through which no gradient flows. */
  detach(): Tensor {
    return new Tensor(ops.stopGradient(this.value));
  }

  /**
   * Adds to `grad` of every tensor that requires one the gradient of this scalar. Builds graph; nothing runs.
   * The optimizer's step computes this tensor along with the update, so its `item()` costs nothing afterwards.
   * @throws ShapeError when it is not a scalar and no gradient is given.
   */
  backward(gradient?: Tensor): void {
    if (!gradient && this.size !== 1)
      throw new ShapeError(
        `backward: the tensor is ${formatShape(this.shape)}; only a scalar needs no gradient. Take its mean or sum, or give one.`,
      );
    if (!this.#tracks)
      throw new ConfigError(
        'backward: nothing under this tensor requires a gradient. Was it made under noGrad, or from detached tensors?',
      );
    const leaves = topologicalOrder([this.#value]).flatMap((node) => (owners.has(node.outputs[0]!) ? [node.outputs[0]!] : []));
    const seed = gradient?.value ?? ops.expand(ops.like(1, this.#value), { shape: this.shape });
    gradients([this.#value], [seed], leaves).forEach((g, i) => {
      const owner = owners.get(leaves[i]!)!;
      if (!g) return;
      const total = owner.grad ? ops.add(owner.grad.value, g) : g;
      const roots = owner.grad ? pendingRoots.get(owner.grad) : undefined;
      owner.grad = new Tensor(total);
      pendingRoots.set(owner.grad, [...(roots ?? []), this]);
    });
  }

  // ---- life ----

  /** Frees its memory now rather than when it is collected. Using it afterwards is an error. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const value of [this.#value, this.#computed]) {
      const source = value?.node.source as LeafSource | null | undefined;
      if (source?.kind === 'buffer') source.buffer.dispose();
      else if (source?.kind === 'host' && 'uploaded' in source) source.uploaded?.dispose();
    }
    this.grad?.dispose();
    this.grad = null;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Whether its content is known: given, or computed. */
  get isComputed(): boolean {
    return isLeaf(this.#computed ?? this.#value);
  }

  /**
   * Takes a buffer as its content. For optimizers, which own the rules of when a buffer may be replaced.
   * Gives back the memory that held the content before, if it lay in a runtime: it is the caller's now.
   */
  assign(buffer: RuntimeBuffer): RetiredContent | null {
    const before = this.#value.node.source as LeafSource | null;
    this.#replace(bufferSource(buffer));
    if (before?.kind === 'buffer') {
      return {
        buffer: before.buffer,
        overwrite: (by) => {
          before.overwrittenBy = by;
        },
      };
    }
    if (before?.kind !== 'host' || !('uploaded' in before) || !before.uploaded) return null;
    // The host still has this content: whoever reads it again uploads it again.
    const uploaded = before.uploaded;
    before.uploaded = null;
    return { buffer: uploaded, overwrite: () => {} };
  }

  /**
   * Changes contents with another tensor that has its content, of the same shape and type; nothing is copied. What was built
   * on either before keeps what it was built on. For averages of weights. @throws ShapeError, DTypeError when they differ.
   */
  exchange(other: Tensor): void {
    if (!sameShape(this.shape, other.shape))
      throw new ShapeError(`exchange: one tensor is ${formatShape(this.shape)} and the other ${formatShape(other.shape)}.`);
    if (this.dtype !== other.dtype) throw new DTypeError(`exchange: one tensor is ${this.dtype} and the other ${other.dtype}.`);
    if (!this.isComputed || !other.isComputed)
      throw new ConfigError('exchange: a tensor has no content yet; evaluate it before.');
    const own = (this.#computed ?? this.#value).node.source as LeafSource;
    this.#replace((other.#computed ?? other.#value).node.source as LeafSource);
    other.#replace(own);
  }

  /** Replaces its content by data of the same size. For loaders: what was computed from the old content keeps it. */
  load(content: TypedArray): void {
    if (content.length !== this.size)
      throw new ShapeError(
        `load: the data have ${content.length} elements; the tensor is ${formatShape(this.shape)}, which needs ${this.size}.`,
      );
    const source = this.#value.node.source as LeafSource | null;
    if (isFrozenSource(source)) {
      this.#replace(frozenSource(content));
      return;
    }
    const device = source ? (runtimeOf(source)?.device ?? (source as UploadSource).device ?? null) : null;
    this.#replace(uploadSource(content, device));
  }

  /**
   * Takes the content of another tensor as its own from here on. For buffers that change as a model is used, such as running
   * averages: nothing runs now; the new content is computed in the run that first computes `along` (a loss, an optimizer's
   * step), or when it is asked for. No gradient flows through it. Several updates before a run build on each other.
   * @throws ShapeError when the shapes or types differ. @throws ConfigError when it requires a gradient itself.
   */
  update(next: Tensor, { along }: { readonly along: Tensor }): void {
    if (!sameShape(next.shape, this.shape) || next.dtype !== this.dtype)
      throw new ShapeError(
        `update: the new content is ${next.dtype} ${formatShape(next.shape)}; the tensor is ${this.dtype} ${formatShape(this.shape)}.`,
      );
    if (this.#tracks) throw new ConfigError('update: the tensor tracks gradients; only a buffer can be updated.');
    if (isFrozen()) return;
    noteUpdate(this, this.#value);
    this.#value = ops.stopGradient(next.value);
    computeAlong(along.value.node, this);
  }

  /** Takes back updates: the content is this again. Internal to `compile`, for which tracing must change nothing. */
  revert(content: Value): void {
    this.#value = content;
  }

  /** Takes the data of a tensor that was made from data, without a copy. @throws ShapeError when the shapes differ. */
  protected adopt(other: Tensor): void {
    const source = other.#value.node.source as LeafSource | null;
    if (!sameShape(other.shape, this.shape))
      throw new ShapeError(
        `reset: the new content is ${formatShape(other.shape)}; the parameter is ${formatShape(this.shape)}.`,
      );
    if (source?.kind !== 'host')
      throw new ConfigError('reset: the new content was not made from data; give what an initialiser or tensor() made.');
    this.#replace(source);
  }

  #replace(source: LeafSource): void {
    this.#value = ops.data({ shape: this.shape, dtype: this.dtype }, source);
    this.#computed = null;
    if (this.requiresGrad) owners.set(this.#value, this);
  }

  /** Keeps what was computed of `value`, its graph when the run began. Internal to `evaluate`. */
  settle(buffer: RuntimeBuffer, value: Value): void {
    // Disposed or updated while it was being computed, or computed by two runs at once: what came second is not needed.
    if (this.#disposed || this.isComputed || this.#value !== value) {
      buffer.dispose();
      return;
    }
    const leaf = ops.data({ shape: this.shape, dtype: this.dtype }, bufferSource(buffer));
    if (this.#tracks) this.#computed = leaf;
    else this.#value = leaf;
  }

  #assertAlive(): void {
    if (this.#disposed)
      throw new DisposedError(`tensor of ${formatShape(this.#value.shape)}: it was disposed; use it before, or keep a copy.`);
  }

  protected override derive(value: Value, ...others: readonly Tensor[]): Tensor {
    return lift(value, this, ...others);
  }
}

/** Tensors, such as the loss, that are to be computed when a gradient made from them is. */
const pendingRoots = new WeakMap<Tensor, readonly Tensor[]>();

/** The tensors on which `backward` was called to make this gradient. */
export function rootsOf(gradient: Tensor): readonly Tensor[] {
  return pendingRoots.get(gradient) ?? [];
}

/** A gradient made from others; the tensors they wait with, and those given, wait with it. */
export function derivedGradient(value: Value, from: Tensor, ...roots: readonly Tensor[]): Tensor {
  const gradient = new Tensor(value);
  pendingRoots.set(gradient, [...rootsOf(from), ...roots]);
  return gradient;
}

function isLeaf(value: Value): boolean {
  const source = value.node.source as LeafSource | null;
  return source?.kind === 'host' || source?.kind === 'buffer';
}

/**
 * The numbers of a tensor that was made from data and still has them in JavaScript memory, or null. A reshape, a cast to bool
 * and a logical not are seen through. Null as well while `compile` traces, since there the content is another at each call.
 * For choices made while the graph is built.
 */
export function knownContent(tensor: Tensor): TypedArray | null {
  let { node } = tensor.value;
  let isNegated = false;
  const isQuestion = tensor.dtype === 'bool';
  while (node.row === ops.reshapeRow.row || (isQuestion && (node.row === ops.cast.row || node.row === ops.logicalNot.row))) {
    if (node.row === ops.logicalNot.row) isNegated = !isNegated;
    node = node.inputs[0]!.node;
  }
  const source = node.source as LeafSource | null;
  if (source?.kind !== 'host' || isTracing()) return null;
  if (!isNegated && node.outputs[0]!.dtype === tensor.dtype) return source.data;
  return Uint8Array.from(source.data as ArrayLike<number | bigint>, (x) => ((Number(x) === 0) === isNegated ? 1 : 0));
}

/** A tensor over a value that was made from these tensors: it tracks gradients if one of them does. */
export function lift(value: Value, ...from: readonly Tensor[]): Tensor {
  return new Tensor(value, { tracks: isTracking() && isFloat(value.dtype) && from.some((tensor) => tensor.tracksGrad) });
}

/** What a function of tensors gave, as a list. @throws ConfigError when that is neither a tensor nor a list of tensors. */
export function resultList(speaker: string, result: unknown): readonly Tensor[] {
  const tensors = result instanceof Tensor ? [result] : result;
  if (!Array.isArray(tensors) || !tensors.every((tensor) => tensor instanceof Tensor))
    throw new ConfigError(`${speaker}: the function must return a tensor or an array of tensors, and not be asynchronous.`);
  return tensors;
}

/** Computes tensors, all in one run. Those already computed cost nothing. */
export async function evaluate(tensors: readonly Tensor[], options: ExecuteOptions = {}): Promise<void> {
  const asked = tensors.filter((tensor) => !tensor.isComputed);
  if (asked.length === 0) return;
  const open = [...new Set([...asked, ...dueWith(asked.map(({ value }) => value))])];
  const wants = open.map(({ value }) => ({ value }));
  const buffers = await execute(wants, options);
  open.forEach((tensor, i) => {
    tensor.settle(buffers[i]!, wants[i]!.value);
  });
}
