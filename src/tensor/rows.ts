import {
  ConfigError,
  type DType,
  formatShape,
  newArray,
  normalizeAxis,
  type Shape,
  ShapeError,
  sizeOf,
} from '../core/index.ts';
import type { HostSource } from '../ops/index.ts';
import * as ops from '../ops/index.ts';
import type { Copy, RuntimeBuffer } from '../runtime/index.ts';
import { type Placement, runtimeFor } from './engine.ts';
import { type BufferSource, bufferSource } from './sources.ts';
import { evaluate, Tensor } from './tensor.ts';

/** Places of a tensor that take the content of another. */
export interface PlaceWrite {
  /** Whose memory is written. It lies in a runtime, as `residentZeros` makes it. */
  readonly target: Tensor;
  /** As the target, but for its length along `axis`. */
  readonly source: Tensor;
  /** The first of the target's places to be written. */
  readonly start: number;
}

/**
 * Writes tensors over places of others, in their memory: for caches, which would otherwise be copied whole at each step.
 * What is computed from a target afterwards sees the new content, and so does a graph that was built on it and has not run.
 * @throws ShapeError when a source does not fit. @throws ConfigError when a target lies in no runtime, or its source in another.
 */
export async function writePlaces(writes: readonly PlaceWrite[], axis: number): Promise<void> {
  await evaluate(writes.flatMap(({ target, source }) => [target, source]));
  const passing: RuntimeBuffer[] = [];
  try {
    const copies = writes.map((write) => copyOf(write, axis, passing));
    const runtimes = new Set(copies.map(({ to }) => to.buffer.runtime));
    for (const runtime of runtimes) await runtime.copy(copies.filter(({ to }) => to.buffer.runtime === runtime));
  } finally {
    for (const buffer of passing) buffer.dispose();
  }
}

/** @param passing takes the buffer into which a source in JavaScript memory is brought. */
function copyOf({ target, source, start }: PlaceWrite, axis: number, passing: RuntimeBuffer[]): Copy {
  const at = normalizeAxis(axis, target.rank, 'writePlaces');
  const [room, length] = [target.shape[at]!, source.shape[at] ?? 0];
  const given = `the target is ${formatShape(target.shape)} and the source ${formatShape(source.shape)}`;
  if (target.dtype !== source.dtype || formatShape(source.shape) !== formatShape(target.shape.with(at, length)))
    throw new ShapeError(`writePlaces: ${given}; they must agree on all axes but ${at}, and on the element type.`);
  if (!(start >= 0 && start + length <= room))
    throw new ShapeError(
      `writePlaces: ${given}; places ${start} to ${start + length} of axis ${at} are not all in the target.`,
    );
  const inner = sizeOf(target.shape.slice(at + 1));
  const to = bufferOf(target);
  if (!to)
    throw new ConfigError('writePlaces: a target lies in JavaScript memory; residentZeros makes one that lies in a runtime.');
  let from = bufferOf(source);
  if (!from) {
    from = to.runtime.allocate(source.dtype, source.size);
    passing.push(from);
    to.runtime.write(from, (source.value.node.source as HostSource).data);
  }
  return {
    from: { buffer: from, offset: 0, stride: length * inner },
    to: { buffer: to, offset: start * inner, stride: room * inner },
    count: sizeOf(target.shape.slice(0, at)),
    length: length * inner,
  };
}

/** The buffer in which a computed tensor lies; null where that is JavaScript memory. */
function bufferOf(tensor: Tensor): RuntimeBuffer | null {
  const { source } = tensor.value.node;
  return source?.kind === 'buffer' ? (source as BufferSource).buffer : null;
}

/** Zeros in memory of a runtime, for `writePlaces`: of the one in which another tensor lies, or of a place's. */
export async function residentZeros(
  shape: Shape,
  {
    dtype,
    beside = null,
    place = null,
  }: { readonly dtype: DType; readonly beside?: Tensor | null; readonly place?: Placement | null },
): Promise<Tensor> {
  const runtime = (beside && bufferOf(beside)?.runtime) ?? (await runtimeFor(place));
  const buffer = runtime.allocate(dtype, sizeOf(shape));
  // A memory that was in use before holds anything, and 0 · NaN is not 0. One matrix of zeros is copied to all places: as many
  // zeros from JavaScript would be as much memory again, and garbage that stops the program when it is collected.
  const length = sizeOf(shape.slice(-2));
  const zeros = runtime.allocate(dtype, length);
  runtime.write(zeros, newArray(dtype, length));
  const from = { buffer: zeros, offset: 0, stride: 0 };
  await runtime.copy([{ from, to: { buffer, offset: 0, stride: length }, count: buffer.length / length, length }]);
  zeros.dispose();
  return new Tensor(ops.data({ shape, dtype }, bufferSource(buffer)));
}
