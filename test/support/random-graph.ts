import { foldIn, type RandomKey, randomUniform } from '../../src/core/index.ts';
import type { Value } from '../../src/graph/index.ts';
import * as ops from '../../src/ops/index.ts';
import { leaf } from './check-op.ts';
import {
  alongAxis,
  at,
  build,
  erfOf,
  lastTwoSwapped,
  mapped,
  matrixProduct,
  meanOf,
  type Plain,
  reduced,
  softmaxOf,
  sumOf,
} from './reference.ts';
import { drawn, keyFor, normal } from './samples.ts';

/** A value of the graph and the same value in float64. */
export interface Pair {
  readonly value: Value;
  readonly plain: Plain;
}

/** A random graph: what may be asked of it, and its leaves. */
export interface RandomGraph {
  readonly outputs: readonly Pair[];
  readonly leaves: readonly Pair[];
}

/** A stream of choices from a key. */
class Chooser {
  readonly #numbers: Float32Array;
  #next = 0;

  constructor(key: RandomKey) {
    this.#numbers = randomUniform(key, 1024);
  }

  below(count: number): number {
    return Math.floor(this.#numbers[this.#next++ % this.#numbers.length]! * count);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

type Step = (choose: Chooser, pick: () => Pair, fitting: (fits: (other: Pair) => boolean) => Pair | null) => Pair | null;

const unary =
  (op: (x: Value) => Value, f: (x: number) => number): Step =>
  (_choose, pick) => {
    const x = pick();
    return { value: op(x.value), plain: mapped(f, x.plain) };
  };

function broadcasts(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 1; i <= Math.min(a.length, b.length); i++) {
    const [left, right] = [a.at(-i)!, b.at(-i)!];
    if (left !== right && left !== 1 && right !== 1) return false;
  }
  return true;
}

const binary =
  (op: (a: Value, b: Value) => Value, f: (a: number, b: number) => number): Step =>
  (_choose, pick, fitting) => {
    const a = pick();
    const b = fitting(({ value }) => broadcasts(a.value.shape, value.shape));
    return b && { value: op(a.value, b.value), plain: mapped(f, a.plain, b.plain) };
  };

const withNumber =
  (op: (a: Value, b: Value) => Value, f: (a: number, b: number) => number): Step =>
  (choose, pick) => {
    const x = pick();
    const number = choose.of([0, 1, 2, -1, 0.5]);
    const constant = ops.constant(number);
    const isLeft = choose.below(2) === 0;
    const value = isLeft ? op(constant, x.value) : op(x.value, constant);
    return { value, plain: mapped((y) => (isLeft ? f(number, y) : f(y, number)), x.plain) };
  };

type Reduction = { readonly axes: readonly number[]; readonly keepDims: boolean };

const reduction =
  (op: (x: Value, options: Reduction) => Value, f: (numbers: readonly number[]) => number): Step =>
  (choose, pick) => {
    const x = pick();
    const options = {
      axes: x.value.shape.flatMap((_, axis) => (choose.below(2) ? [axis] : [])),
      keepDims: choose.below(2) === 1,
    };
    return { value: op(x.value, options), plain: reduced(x.plain, options, f) };
  };

const normalization =
  (op: typeof ops.softmax, f: (row: readonly number[]) => readonly number[]): Step =>
  (choose, pick) => {
    const x = pick();
    if (x.value.shape.length === 0) return null;
    const axis = choose.below(x.value.shape.length);
    return { value: op(x.value, { axis }), plain: alongAxis(x.plain, axis, f) };
  };

/** Elements of one axis of length 2 or more by place: what the op does, and from where each place takes its element. */
const alongOne =
  (
    op: (
      x: Value,
      axis: number,
      by: number,
      length: number,
    ) => {
      readonly value: Value;
      readonly length: number;
      readonly from: (place: number) => number;
    },
  ): Step =>
  (choose, pick) => {
    const x = pick();
    const axis = choose.below(x.value.shape.length);
    const length = x.value.shape[axis] ?? 0;
    if (length < 2) return null;
    const { value, length: made, from } = op(x.value, axis, 1 + choose.below(length - 1), length);
    return { value, plain: build(x.plain.shape.with(axis, made), (p) => at(x.plain, p.with(axis, from(p[axis]!)))) };
  };

/** Smooth functions that keep numbers of order 1, so that float32 is near float64 however deep the graph is. */
const steps: readonly Step[] = [
  unary(ops.tanh, Math.tanh),
  unary(ops.sin, Math.sin),
  unary(ops.sigmoid, (x) => 1 / (1 + Math.exp(-x))),
  unary(ops.gelu, (x) => (x / 2) * (1 + erfOf(x / Math.SQRT2))),
  unary(ops.neg, (x) => -x),
  unary(
    (x) => ops.neg(ops.neg(x)),
    (x) => x,
  ),
  unary(
    (x) => ops.standIn(x),
    (x) => x,
  ),
  unary(
    (x) => ops.cast(x, { to: 'float32' }),
    (x) => x,
  ),
  binary(ops.add, (a, b) => a + b),
  binary(ops.sub, (a, b) => a - b),
  binary(
    (a, b) => ops.tanh(ops.mul(a, b)),
    (a, b) => Math.tanh(a * b),
  ),
  binary(
    (a, b) => ops.add(a, ops.neg(b)),
    (a, b) => a - b,
  ),
  withNumber(ops.add, (a, b) => a + b),
  withNumber(ops.sub, (a, b) => a - b),
  withNumber(ops.mul, (a, b) => a * b),
  unary(ops.softsign, (x) => x / (1 + Math.abs(x))),
  unary(ops.silu, (x) => x / (1 + Math.exp(-x))),
  unary(ops.atan, Math.atan),
  unary(ops.asinh, Math.asinh),
  unary(
    (x) => ops.log1p(ops.softplus(x)),
    (x) => Math.log1p(Math.log1p(Math.exp(x))),
  ),
  unary(
    (x) => ops.expm1(ops.tanh(x)),
    (x) => Math.expm1(Math.tanh(x)),
  ),
  reduction(ops.logsumexp, (numbers) => Math.log(sumOf(numbers.map(Math.exp)))),
  reduction(
    (x, options) => ops.prod(ops.tanh(x), options),
    (numbers) => numbers.reduce((product, x) => product * Math.tanh(x), 1),
  ),
  reduction(
    (x, options) => ops.variance(ops.tanh(x), { ...options, correction: 0 }),
    (numbers) => {
      const bounded = numbers.map(Math.tanh);
      return meanOf(bounded.map((x) => (x - meanOf(bounded)) ** 2));
    },
  ),
  // What moves elements: backwards, by steps, around, beside themselves.
  alongOne((x, axis, _by, length) => ({ value: ops.flip(x, { axes: axis }), length, from: (p) => length - 1 - p })),
  alongOne((x, axis, by, length) => ({
    value: ops.roll(x, { shifts: by, axes: axis }),
    length,
    from: (p) => (p - by + length) % length,
  })),
  alongOne((x, axis, by, length) => ({
    value: ops.slice(x, { axis, start: length - 1, step: -by }),
    length: Math.ceil(length / by),
    from: (p) => length - 1 - p * by,
  })),
  alongOne((x, axis, by, length) => ({
    value: ops.padWith(x, { axis, before: by, after: 1, mode: 'circular' }),
    length: length + by + 1,
    from: (p) => (p - by + length) % length,
  })),
  alongOne((x, axis, by, length) => ({
    value: ops.repeatInterleave(x, { repeats: by, axis }),
    length: length * by,
    from: (p) => Math.floor(p / by),
  })),
  alongOne((x, axis, by, length) => ({
    value: ops.indexed(x, [...new Array<':'>(axis).fill(':'), [by, 0, -1]]),
    length: 3,
    from: (p) => [by, 0, length - 1][p]!,
  })),
  (choose, pick) => {
    const x = pick();
    if (x.value.shape.length === 0) return null;
    const axis = choose.below(x.value.shape.length);
    return {
      value: ops.tanh(ops.cumsum(x.value, { axis, reverse: false })),
      plain: alongAxis(x.plain, axis, (row) => row.map((_, i) => Math.tanh(sumOf(row.slice(0, i + 1))))),
    };
  },
  (_choose, pick) => {
    const x = pick();
    if (x.value.shape.length !== 2) return null;
    return {
      value: ops.tanh(ops.einsum('ij,ik->jk', [x.value, x.value])),
      plain: mapped(Math.tanh, matrixProduct(lastTwoSwapped(x.plain), x.plain)),
    };
  },
  (choose, pick) => {
    const x = pick();
    const divisor = choose.of([1, 2, -4]);
    return { value: ops.div(x.value, ops.constant(divisor)), plain: mapped((a) => a / divisor, x.plain) };
  },
  reduction(ops.mean, meanOf),
  reduction(
    (x, options) => ops.tanh(ops.sum(x, options)),
    (numbers) => Math.tanh(sumOf(numbers)),
  ),
  normalization(ops.softmax, softmaxOf),
  normalization(ops.logSoftmax, (row) => softmaxOf(row).map(Math.log)),
  (_choose, pick) => {
    const x = pick();
    if (x.value.shape.length < 2) return null;
    return { value: ops.swapLast(x.value), plain: lastTwoSwapped(x.plain) };
  },
  (choose, pick) => {
    const x = pick();
    const shape = choose.of([[-1], [1, -1], [-1, 1], [...x.value.shape].reverse()]);
    const value = ops.reshape(x.value, { shape });
    return { value, plain: { shape: value.shape, data: x.plain.data } };
  },
  (choose, pick) => {
    const x = pick();
    if (x.value.shape.length > 2) return null;
    const shape = [choose.of([1, 2]), ...x.value.shape];
    return { value: ops.expand(x.value, { shape }), plain: build(shape, (place) => at(x.plain, place)) };
  },
  (choose, pick) => {
    const x = pick();
    const axis = choose.below(x.value.shape.length);
    const length = x.value.shape[axis] ?? 0;
    if (length < 2) return null;
    const start = choose.below(length - 1);
    const cut = build(x.plain.shape.with(axis, length - start), (place) =>
      at(x.plain, place.with(axis, length === 1 ? 0 : place[axis]! + start)),
    );
    return { value: ops.slice(x.value, { axis, start }), plain: cut };
  },
  (_choose, pick, fitting) => {
    const a = pick();
    const [rows, inner] = a.value.shape.slice(-2);
    if (rows === undefined || inner === undefined) return null;
    const b = fitting(
      ({ value: { shape } }) =>
        shape.length >= 2 && shape.at(-1) === inner && broadcasts(a.value.shape.slice(0, -2), shape.slice(0, -2)),
    );
    // Half of the products read a transposed factor; the scale keeps their numbers of order 1.
    return (
      b && {
        value: ops.tanh(ops.matmul(a.value, ops.swapLast(b.value))),
        plain: mapped(Math.tanh, matrixProduct(a.plain, lastTwoSwapped(b.plain))),
      }
    );
  },
];

const shapes = [[], [3], [2, 3], [4, 3], [2, 1], [1, 3], [2, 4, 3], [2, 1, 3]];

/** A graph of about `size` random steps over a few leaves. The same key gives the same graph. */
export function randomGraph(key: RandomKey, size = 12): RandomGraph {
  const choose = new Chooser(foldIn(key, 1));
  const leaves = Array.from({ length: 4 }, (_, i): Pair => {
    const plain = drawn(normal(...choose.of(shapes)), keyFor(key, 'leaf', i));
    return { value: leaf(plain), plain };
  });
  const pool = [...leaves];
  const recent = () => pool[Math.max(0, pool.length - 1 - choose.below(6))]!;
  const fitting = (fits: (other: Pair) => boolean) => {
    const among = pool.filter(fits);
    return among.length > 0 ? choose.of(among) : null;
  };
  while (pool.length < leaves.length + size) {
    const made = choose.of(steps)(choose, recent, fitting);
    if (made && made.plain.data.length <= 200) pool.push(made);
  }
  return { leaves, outputs: pool.slice(-3) };
}
