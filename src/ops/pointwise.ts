import { broadcastShapes, type DType, DTypeError, isFloat } from '../core/index.ts';
import { type Attributes, type AxisFacts, defineOp, type Emitter, type Op, type Type, type Value } from '../graph/index.ts';

/** An op of one input without attributes. */
export type Unary = Op<['x']>;
/** An op of two inputs without attributes. */
export type Binary = Op<['a', 'b']>;

/** Writes an op as several of ONNX's, by names and plain numbers of the op's element type. */
export type Formula = (opType: string, ...operands: (string | number)[]) => string;

/** ONNX's operators as a formula: `f('Add', f('Exp', x), 1)`. */
export function formulaIn(emitter: Emitter, dtype: DType): Formula {
  return (opType, ...operands) =>
    emitter.node(
      opType,
      operands.map((operand) => (typeof operand === 'number' ? emitter.constant(dtype, [operand], []) : operand)),
    );
}

/** A name as ONNX's operator of that name, or a formula of several. */
type Written<A extends Attributes> =
  | string
  | ((f: Formula, seen: { readonly x: string; readonly emitter: Emitter } & A) => string);

/** A function of each element. Floating point only, unless `dtypes` says 'any'. */
/*@__NO_SIDE_EFFECTS__*/
export function pointwise<A extends Attributes = Record<never, never>>(row: {
  readonly name: string;
  readonly onnx: Written<A>;
  /**
   * How it is written in float64, where ONNX Runtime's operator has no kernel for it: a formula, or null where there is
   * none, so that float64 is refused.
   */
  readonly double?: Exclude<Written<A>, string> | null;
  readonly dtypes?: 'any';
  readonly fold?: (x: number) => number;
  /** Zero stays zero. */
  readonly keepsZero?: boolean;
  readonly vjp: (g: Value, seen: { readonly x: Value; readonly y: Value } & A) => { readonly x?: Value | null };
}): Op<['x'], A> {
  const { name, onnx, double, dtypes, fold, keepsZero, vjp } = row;
  return defineOp<readonly ['x'], A>({
    name,
    inputs: ['x'],
    infer: ({ x }) => {
      if (dtypes !== 'any') requireFloat(x, name);
      if (double === null && x.dtype === 'float64')
        throw new DTypeError(
          `${name}: x is float64, in which ONNX Runtime does not compute it. Use cast(x, { to: 'float32' }).`,
        );
      return { shape: x.shape, dtype: x.dtype };
    },
    lower: (emitter, seen) => {
      const { dtype } = seen.y;
      const written = dtype === 'float64' && double ? double : onnx;
      return typeof written === 'string'
        ? emitter.node(written, [seen.x])
        : written(formulaIn(emitter, dtype), { ...seen, emitter });
    },
    vjp: vjp as never,
    ...(fold && { fold }),
    ...(keepsZero && { axes: { zeroWith: [[0]] } }),
    pointwise: true,
  }) as Op<['x'], A>;
}

/** A function of two elements, broadcast by NumPy's rule. Both sides have one element type. */
/*@__NO_SIDE_EFFECTS__*/
export function arithmetic(row: {
  readonly name: string;
  readonly onnx: string | ((emitter: Emitter, a: string, b: string, dtype: DType) => string);
  readonly fold?: (a: number, b: number) => number;
  readonly zeroWith?: AxisFacts['zeroWith'];
  readonly vjp: (
    g: Value,
    seen: { readonly a: Value; readonly b: Value; readonly y: Value },
  ) => { readonly a?: Value; readonly b?: Value };
}): Binary {
  const { name, onnx, fold, zeroWith, vjp } = row;
  return defineOp({
    name,
    inputs: ['a', 'b'],
    infer: ({ a, b }) => ({ shape: broadcastShapes(a.shape, b.shape, name), dtype: sameDType(a, b, name) }),
    lower: (emitter, { a, b, y }) => (typeof onnx === 'string' ? emitter.node(onnx, [a, b]) : onnx(emitter, a, b, y.dtype)),
    vjp,
    ...(fold && { fold }),
    ...(zeroWith && { axes: { zeroWith } }),
    pointwise: true,
  });
}

/**
 * A question about two elements, broadcast by NumPy's rule; the answer is a bool and has no gradient.
 * `of` says which element types can be asked about.
 */
/*@__NO_SIDE_EFFECTS__*/
export function comparison(name: string, onnx: string, of: 'any' | 'numbers' | 'bools'): Binary {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    infer: ({ a, b }) => {
      const dtype = sameDType(a, b, name);
      if (of === 'bools' && dtype !== 'bool')
        throw new DTypeError(`${name}: a and b are ${dtype}; they need bool. Use a comparison, such as notEqual with 0.`);
      if (of === 'numbers' && dtype === 'bool')
        throw new DTypeError(`${name}: a and b are bool; they need a number type. Cast them first.`);
      return { shape: broadcastShapes(a.shape, b.shape, name), dtype: 'bool' };
    },
    lower: (emitter, { a, b }) => emitter.node(onnx, [a, b]),
    vjp: () => ({}),
    pointwise: true,
  });
}

/** A question about one element; the answer is a bool and has no gradient. */
/*@__NO_SIDE_EFFECTS__*/
export function question(name: string, onnx: string, of: 'floats' | 'bools'): Unary {
  return defineOp({
    name,
    inputs: ['x'],
    infer: ({ x }) => {
      if (of === 'floats') requireFloat(x, name);
      else if (x.dtype !== 'bool') throw new DTypeError(`${name}: x is ${x.dtype}; it needs bool. Use a comparison.`);
      return { shape: x.shape, dtype: 'bool' };
    },
    lower: (emitter, { x }) => emitter.node(onnx, [x]),
    vjp: () => ({}),
    pointwise: true,
  });
}

/** Throws where x is not of a floating-point type. */
export function requireFloat(x: Type, speaker: string): void {
  if (!isFloat(x.dtype))
    throw new DTypeError(`${speaker}: x is ${x.dtype}; it needs a floating-point type. Use cast(x, { to: 'float32' }).`);
}

/** The element type that a and b share. */
export function sameDType(a: Type, b: Type, speaker: string): DType {
  if (a.dtype !== b.dtype) {
    throw new DTypeError(`${speaker}: a is ${a.dtype} and b is ${b.dtype}; both need one element type. Cast one of them.`);
  }
  return a.dtype;
}
