import type { RandomKey, TypedArray } from '../core/index.ts';
import type { Source } from '../graph/index.ts';
import type { HostSource } from '../ops/index.ts';
import type { Device, Runtime, RuntimeBuffer } from '../runtime/index.ts';

/** Data in JavaScript memory, uploaded when a graph first needs it. `device` is where it wants to go. */
export interface UploadSource extends HostSource {
  readonly device: Device | null;
  /** Where it lies once it was uploaded. */
  uploaded: RuntimeBuffer | null;
}

/** Data that never change, and are part of every program that reads them. */
export interface FrozenSource extends HostSource {
  readonly frozen: true;
}

/** Data that lies in a runtime's buffer. */
export interface BufferSource extends Source {
  readonly kind: 'buffer';
  readonly buffer: RuntimeBuffer;
  /** Who wrote over the buffer since, for the message of whoever still reads this. */
  overwrittenBy: string | null;
}

/** Random bytes of a key, made when the graph runs. */
export interface RandomSource extends Source {
  readonly kind: 'random';
  readonly key: RandomKey;
}

/** Everything that a leaf's content can come from. */
export type LeafSource = HostSource | UploadSource | FrozenSource | BufferSource | RandomSource;

export function uploadSource(data: TypedArray, device: Device | null): UploadSource {
  return { kind: 'host', data, device, uploaded: null };
}

export function frozenSource(data: TypedArray): FrozenSource {
  return { kind: 'host', data, frozen: true };
}

/** Whether a source's data are part of every program that reads them. */
export function isFrozenSource(source: LeafSource | null): boolean {
  return source?.kind === 'host' && 'frozen' in source;
}

export function bufferSource(buffer: RuntimeBuffer): BufferSource {
  return { kind: 'buffer', buffer, overwrittenBy: null };
}

/** Data that are made when they are first needed, once. */
export function deferredSource(make: () => TypedArray): UploadSource {
  let pending: (() => TypedArray) | null = make;
  let made: TypedArray | null = null;
  return {
    kind: 'host',
    get data() {
      made ??= pending!();
      // What it was made from may go.
      pending = null;
      return made;
    },
    device: null,
    uploaded: null,
  };
}

/** The runtime that holds a source's data, if one does. */
export function runtimeOf(source: LeafSource): Runtime | null {
  if (source.kind === 'buffer') return source.buffer.runtime;
  return source.kind === 'host' && 'uploaded' in source ? (source.uploaded?.runtime ?? null) : null;
}
