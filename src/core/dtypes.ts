/** Element types of tensors. */
export type DType = 'float32' | 'float64' | 'float16' | 'bfloat16' | 'int64' | 'int32' | 'uint32' | 'int8' | 'uint8' | 'bool';

/**
 * The typed array that holds each element type in JavaScript.
 * float16 and bfloat16 are kept as their raw 16 bits; bool as one byte, 0 or 1.
 */
export interface DTypeArrays {
  float32: Float32Array<ArrayBuffer>;
  float64: Float64Array<ArrayBuffer>;
  float16: Uint16Array<ArrayBuffer>;
  bfloat16: Uint16Array<ArrayBuffer>;
  int64: BigInt64Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  uint32: Uint32Array<ArrayBuffer>;
  int8: Int8Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
  bool: Uint8Array<ArrayBuffer>;
}

/** Any of the typed arrays that hold tensor data. */
export type TypedArray = DTypeArrays[DType];

interface ArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TypedArray;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): TypedArray;
}

const constructors: Record<DType, ArrayConstructor> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** Bytes that one element takes. */
export function byteSize(dtype: DType): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

/** A zero-filled typed array of `length` elements. */
export function newArray<D extends DType>(dtype: D, length: number): DTypeArrays[D] {
  return new constructors[dtype](length) as DTypeArrays[D];
}

/** A typed array over existing bytes, without a copy; `byteOffset` in bytes, `length` in elements. */
export function viewArray<D extends DType>(dtype: D, buffer: ArrayBuffer, byteOffset = 0, length?: number): DTypeArrays[D] {
  const Ctor = constructors[dtype];
  return new Ctor(buffer, byteOffset, length ?? (buffer.byteLength - byteOffset) / Ctor.BYTES_PER_ELEMENT) as DTypeArrays[D];
}

/** Whether gradients can flow through values of this type. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
}
