import {
  type DType,
  type DTypeArrays,
  DTypeError,
  formatShape,
  newArray,
  type RandomKey,
  randomNormal,
  randomUniform,
  resolveShape,
  type Shape,
  ShapeError,
  sizeOf,
  type TypedArray,
} from '../core/index.ts';
import type { HostSource } from '../ops/index.ts';
import * as ops from '../ops/index.ts';
import type { Device } from '../runtime/index.ts';
import { nextRandomKey } from './random.ts';
import { deferredSource, frozenSource, type RandomSource, uploadSource } from './sources.ts';
import { lift, type NestedArray, Tensor } from './tensor.ts';

/**
 * A tensor whose data never change: they become part of every program that reads them, where runtimes arrange them for their
 * kernels once. For weights that are not trained. The array is taken over and must not be written to.
 */
export function frozenTensor(data: TypedArray, { shape, dtype }: { readonly shape: Shape; readonly dtype: DType }): Tensor {
  if (sizeOf(shape) !== data.length)
    throw new ShapeError(`frozenTensor: the data have ${data.length} elements; ${formatShape(shape)} needs ${sizeOf(shape)}.`);
  return new Tensor(ops.data({ shape, dtype }, frozenSource(data)));
}

/** How a tensor is made from data. */
export interface TensorOptions {
  /** Default: the nesting of the arrays, or one axis for a typed array. */
  readonly shape?: Shape;
  /** Default: float32 for numbers, the array's own type for typed arrays, bool for booleans. */
  readonly dtype?: DType;
  /** Collect gradients here. Default false. */
  readonly requiresGrad?: boolean;
  /** Where it is to be computed with. Default: where its partners in a formula lie. */
  readonly device?: Device;
}

/** So few numbers are cheaper to hand over at each run than to keep in a runtime. */
const fewNumbers = 16;

/** Data that `tensor` takes. */
export type TensorData = TypedArray | NestedArray | boolean | readonly boolean[];

const arrayTypes: Readonly<Record<string, DType>> = {
  Float32Array: 'float32',
  Float64Array: 'float64',
  BigInt64Array: 'int64',
  Int32Array: 'int32',
  Uint32Array: 'uint32',
  Int8Array: 'int8',
  Uint8Array: 'uint8',
};

/**
 * A tensor from numbers, nested arrays or a typed array, which is taken over without a copy where it has the right type.
 * @throws ShapeError when nested arrays are ragged or the shape does not fit. @throws DTypeError for an array of another kind.
 */
export function tensor(data: TensorData, { shape, dtype, requiresGrad = false, device }: TensorOptions = {}): Tensor {
  const own = ArrayBuffer.isView(data) ? arrayTypes[(data as TypedArray)[Symbol.toStringTag]] : undefined;
  if (ArrayBuffer.isView(data) && !own)
    throw new DTypeError(
      `tensor: the data are a ${(data as TypedArray)[Symbol.toStringTag]}; it needs one of ${Object.keys(arrayTypes).join(', ')}.`,
    );
  const found = own ? [(data as TypedArray).length] : nestedShape(data as NestedArray);
  const flat = own
    ? (data as TypedArray)
    : ((typeof data === 'object' ? (data as unknown[]).flat(Number.POSITIVE_INFINITY) : [data]) as number[]);
  const type = dtype ?? own ?? (typeof flat[0] === 'boolean' ? 'bool' : 'float32');
  const content = own && (own === type || (own === 'uint8' && type === 'bool')) ? (data as TypedArray) : converted(flat, type);
  const resolved = resolveShape(shape ?? found, content.length, 'tensor');
  const source =
    content.length <= fewNumbers && !device
      ? ({ kind: 'host', data: content } as HostSource)
      : uploadSource(content, device ?? null);
  return new Tensor(ops.data({ shape: resolved, dtype: type }, source), { requiresGrad });
}

/**
 * A float32 tensor of a shape whose numbers are made when they are first needed, and never where others replace them before:
 * loading a checkpoint costs no initial values. What `make` draws with, such as a random key, is to be taken before.
 */
export function deferred(shape: Shape, make: (count: number) => DTypeArrays['float32']): Tensor {
  if (!shape.every((length) => Number.isInteger(length) && length >= 0))
    throw new ShapeError(`tensor: ${formatShape(shape)} is not a shape; lengths are whole numbers from 0.`);
  const count = sizeOf(shape);
  if (count <= fewNumbers) return tensor(make(count), { shape });
  const source = deferredSource(() => make(count));
  return new Tensor(ops.data({ shape, dtype: 'float32' }, source));
}

/** A list that is handed over at each run and held by no runtime: for what is made while a graph is built, and no one disposes of. */
function passing(content: TypedArray, dtype: DType): Tensor {
  return new Tensor(ops.data({ shape: [content.length], dtype }, { kind: 'host', data: content } as HostSource));
}

/** Whole numbers, int64, for places that are chosen while a graph is built. Shape `[numbers.length]`. */
export function indexList(numbers: readonly number[]): Tensor {
  return passing(BigInt64Array.from(numbers, BigInt), 'int64');
}

/** The numbers at these places of a list, picked now rather than when the graph runs. Shape `[places.length]`. */
export function pickedNow(content: TypedArray, dtype: DType, places: readonly number[]): Tensor {
  const picked = newArray(dtype, places.length);
  for (const [i, place] of places.entries()) picked[i] = content[place]!;
  return passing(picked, dtype);
}

function nestedShape(data: NestedArray): Shape {
  if (!Array.isArray(data)) return [];
  const inner = data.map((item) => nestedShape(item));
  const ragged = inner.find((shape) => shape.join() !== inner[0]!.join());
  if (ragged)
    throw new ShapeError(
      `tensor: nested arrays are ragged; one is ${formatShape(inner[0]!)} and another ${formatShape(ragged)}. All must have one shape.`,
    );
  return [data.length, ...(inner[0] ?? [])];
}

function converted(values: ArrayLike<number | bigint | boolean>, dtype: DType): TypedArray {
  const array = newArray(dtype, values.length);
  for (let i = 0; i < values.length; i++) {
    if (array instanceof BigInt64Array) array[i] = BigInt(values[i]!);
    else array[i] = dtype === 'bool' ? (values[i] ? 1 : 0) : Number(values[i]);
  }
  return array;
}

/** A tensor of one value everywhere. */
export function full(shape: Shape, value: number, { dtype = 'float32' }: { readonly dtype?: DType } = {}): Tensor {
  return new Tensor(ops.expand(ops.constant(value, dtype), { shape }));
}

/** A tensor of zeros. */
export function zeros(shape: Shape, options: { readonly dtype?: DType } = {}): Tensor {
  return full(shape, 0, options);
}

/** A tensor of ones. */
export function ones(shape: Shape, options: { readonly dtype?: DType } = {}): Tensor {
  return full(shape, 1, options);
}

/** The whole numbers from 0 to `count` − 1. Shape `[count]`, int32 unless told. */
export function arange(count: number, { dtype = 'int32' }: { readonly dtype?: DType } = {}): Tensor {
  return tensor(
    Array.from({ length: count }, (_, i) => i),
    { dtype },
  );
}

/** Numbers of the standard normal distribution. */
export function randn(shape: Shape, { key = nextRandomKey() }: { readonly key?: RandomKey } = {}): Tensor {
  return tensor(randomNormal(key, sizeOf(shape)), { shape });
}

/** Numbers spread evenly over [0, 1). */
export function rand(shape: Shape, { key = nextRandomKey() }: { readonly key?: RandomKey } = {}): Tensor {
  return tensor(randomUniform(key, sizeOf(shape)), { shape });
}

/**
 * x with each element set to 0 with probability p and the others scaled up to keep the mean. p is rounded to a multiple
 * of 1/256, by which the scale is exact. Source: Srivastava et al., 2014, JMLR 15.
 */
export function dropout(x: Tensor, p: number, { key = nextRandomKey() }: { readonly key?: RandomKey } = {}): Tensor {
  const kept = 256 - Math.round(p * 256);
  if (kept === 256) return x;
  if (kept === 0) return x.mul(0);
  const bytes = ops.data({ shape: x.shape, dtype: 'uint8' }, { kind: 'random', key } as RandomSource);
  return lift(ops.mul(x.value, ops.dropoutMask(bytes, { kept })), x);
}

/** Tensors one after another along an axis. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  return lift(
    ops.concat(
      tensors.map(({ value }) => value),
      { axis },
    ),
    ...tensors,
  );
}

/** Tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  return lift(
    ops.stack(
      tensors.map(({ value }) => value),
      { axis },
    ),
    ...tensors,
  );
}

/**
 * Sums of products by Einstein's convention, as NumPy's and PyTorch's einsum. @throws ShapeError when the equation does not fit.
 * @example const scores = einsum('bhtd,bhsd->bhts', randn([2, 4, 5, 8]), randn([2, 4, 6, 8]));
 */
export function einsum(equation: string, ...tensors: readonly Tensor[]): Tensor {
  return lift(
    ops.einsum(
      equation,
      tensors.map(({ value }) => value),
    ),
    ...tensors,
  );
}

/** Signals, images and volumes of another size, as torch.nn.functional.interpolate. Shapes: x `[B, C, ...S]` → `[B, C, ...size]`. */
export function interpolate(x: Tensor, options: ops.InterpolateOptions): Tensor {
  return lift(ops.interpolate(x.value, options), x);
}

/** Elements of a where the condition holds, of b elsewhere; all broadcast. */
export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  const dtype = typeof a === 'number' ? (typeof b === 'number' ? 'float32' : b.dtype) : a.dtype;
  const operand = (x: Tensor | number) => (typeof x === 'number' ? ops.constant(x, dtype) : x.value);
  return lift(ops.where(condition.value, operand(a), operand(b)), ...[a, b].filter((x) => typeof x !== 'number'));
}
