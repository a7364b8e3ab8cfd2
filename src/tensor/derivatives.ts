import { gradients } from '../autodiff/index.ts';
import { DTypeError, formatShape, isFloat, ShapeError, sameShape, UnsupportedError } from '../core/index.ts';
import type { Value } from '../graph/index.ts';
import * as ops from '../ops/index.ts';
import { lift, resultList, Tensor } from './tensor.ts';

/** A function of tensors with one tensor as its result. */
export type TensorFunction = (...args: Tensor[]) => Tensor;

/** What a function of tensors may give to `vjp`, `jvp` and `jacobian`: a tensor, or a list of them. */
export type TensorResult = Tensor | readonly Tensor[];

/** One tensor for each that a function gives, in the same arrangement: its cotangents, its tangents, its Jacobians. */
export type Like<R extends TensorResult, T = Tensor> = R extends Tensor ? T : { readonly [K in keyof R]: T };

/** What `valueAndGrad` gives: the result, and its gradient for each argument. */
export interface ValueAndGradients {
  readonly value: Tensor;
  readonly gradients: readonly Tensor[];
}

/**
 * The function that gives f's result and its gradients with respect to all arguments. Gradients are graph, so the
 * result can be differentiated again. Where f does not depend on an argument its gradient is zeros.
 * @throws ShapeError when f's result is not a scalar. @throws DTypeError when an argument is not of floating-point numbers.
 */
export function valueAndGrad(f: TensorFunction): (...args: Tensor[]) => ValueAndGradients {
  return (...args) => {
    const [value, pullBack] = pulledBack('valueAndGrad', f, args);
    const seed = scalarSeed('valueAndGrad', value);
    return { value, gradients: pullBack([seed]).map((g) => lift(g, value, ...args)) };
  };
}

/** The function that gives the gradients of f, whose result is a scalar, with respect to all arguments. */
export function grad(f: TensorFunction): (...args: Tensor[]) => readonly Tensor[] {
  const both = valueAndGrad(f);
  return (...args) => both(...args).gradients;
}

/**
 * f(primals), and the function that multiplies a vector from the left with f's Jacobian there, vᵀJ: reverse mode.
 * That function takes one cotangent for each of f's results, arranged as f gives them, and gives one tensor for each
 * primal, zeros where f does not depend on it. It may be called many times; f is called once, so that all calls share
 * its dropout. Everything is graph, and can be differentiated again, for the cotangents as well.
 * As torch.func.vjp and jax.vjp; there is no `has_aux`.
 * @throws ShapeError, DTypeError when a cotangent is not of its result's kind, or a primal not of floating-point numbers.
 * @example
 * import { tensor, vjp } from 'qkv';
 * const [y, pullBack] = vjp((x, w) => x.mul(w), tensor([1, 2]), tensor([3, 4]));
 * const [gx, gw] = pullBack(tensor([1, 10]));
 * console.log(await y.toArray(), await gx!.toArray(), await gw!.toArray()); // [ 3, 8 ] [ 3, 40 ] [ 1, 20 ]
 */
export function vjp<const R extends TensorResult>(
  f: (...args: Tensor[]) => R,
  ...primals: readonly Tensor[]
): readonly [output: R, vjpFn: (cotangents: Like<R>) => readonly Tensor[]] {
  const [output, pullBack, results] = pulledBack('vjp', f, primals);
  const vjpFn = (cotangents: Like<R>): readonly Tensor[] => {
    const given = resultList('vjp', cotangents);
    checkAlike('vjp', 'cotangent', given, 'output', results);
    return pullBack(given.map(({ value }) => value)).map((g) => lift(g, ...results, ...primals, ...given));
  };
  return [output, vjpFn];
}

/**
 * f(primals), and f's Jacobian there times a vector, Jv: how f's results change as the primals move along the tangents.
 * As torch.func.jvp and jax.jvp. Computed as the derivative of vᵀJ with respect to v, in which it is linear: exact, and
 * needs no rules of its own, but the graph is walked twice, and an op has to have a second derivative.
 * Source of the trick: Townsend, 2017, "A new trick for calculating Jacobian vector products".
 * @throws ShapeError, DTypeError when a tangent is not of its primal's kind, or something is not of floating-point numbers.
 * @example
 * import { jvp, tensor } from 'qkv';
 * const [y, dy] = jvp((x) => x.square(), [tensor([1, 2])], [tensor([1, 10])]);
 * console.log(await y.toArray(), await dy.toArray()); // [ 1, 4 ] [ 2, 40 ]
 */
export function jvp<const R extends TensorResult>(
  f: (...args: Tensor[]) => R,
  primals: readonly Tensor[],
  tangents: readonly Tensor[],
): readonly [output: R, tangent: Like<R>] {
  checkAlike('jvp', 'tangent', tangents, 'primal', primals);
  const [output, pullBack, results] = pulledBack('jvp', f, primals);
  // Any numbers do: the result does not depend on them, and the clean-up leaves them out.
  const cotangents = results.map(({ value }) => ops.standIn(ops.zerosLike(value)));
  const pushed = gradients(
    pullBack(cotangents),
    tangents.map(({ value }) => value),
    cotangents,
  );
  const found = pushed.map((t, i) => lift(t ?? ops.zerosLike(cotangents[i]!), ...results, ...primals, ...tangents));
  return [output, arrangedAs(output, found)];
}

/**
 * f(primals), and the product of f's matrix of second derivatives there with a vector given in parts, one for each
 * primal: all without that matrix, by one more reverse walk over the gradient's graph. f gives a scalar.
 * As torch.autograd.functional.hvp, but computed as vᵀH: the same numbers wherever second derivatives are continuous,
 * for about half the work.
 * @throws ShapeError when f's result is not a scalar. @throws ShapeError, DTypeError when a vector is not of its primal's kind.
 * @example
 * import { hessianVectorProduct, type Tensor, tensor } from 'qkv';
 * const cubes = (x: Tensor) => x.mul(x).mul(x).sum();
 * const [y, [product]] = hessianVectorProduct(cubes, [tensor([1, 2])], [tensor([1, 10])]);
 * console.log(await y.item(), await product!.toArray()); // 9 [ 6, 120 ]
 */
export function hessianVectorProduct(
  f: TensorFunction,
  primals: readonly Tensor[],
  vectors: readonly Tensor[],
): readonly [output: Tensor, products: readonly Tensor[]] {
  checkAlike('hessianVectorProduct', 'vector', vectors, 'primal', primals);
  const [output, pullBack, , inputs] = pulledBack('hessianVectorProduct', f, primals);
  const slopes = pullBack([scalarSeed('hessianVectorProduct', output)]);
  const found = gradients(
    slopes,
    vectors.map(({ value }) => value),
    inputs,
  );
  return [output, found.map((g, i) => lift(g ?? ops.zerosLike(inputs[i]!), output, ...primals, ...vectors))];
}

/** The largest result of which `jacobian` is computed: each element of it is a reverse walk in the graph. */
const largestJacobian = 1024;

/**
 * All first derivatives of f's results: for each result one tensor per primal, of shape `[...result, ...primal]`.
 * As torch.func.jacrev, which however batches: here each element of a result is a reverse walk of its own that shares
 * only the forward pass, so this is for small results. The Jacobian of `grad(f)` is the Hessian of f.
 * @throws UnsupportedError for a result of more than 1024 elements: use `vjp` or `jvp`, which need no matrix.
 * @throws DTypeError when a primal or a result is not of floating-point numbers.
 * @example
 * import { jacobian, tensor } from 'qkv';
 * const [byX] = jacobian((x) => x.square(), tensor([1, 2]));
 * console.log(await byX!.toArray()); // [ [ 2, 0 ], [ 0, 4 ] ]
 */
export function jacobian<const R extends TensorResult>(
  f: (...args: Tensor[]) => R,
  ...primals: readonly Tensor[]
): Like<R, readonly Tensor[]> {
  const [output, pullBack, results] = pulledBack('jacobian', f, primals);
  const found = results.map((result, at) => {
    if (result.size > largestJacobian)
      throw new UnsupportedError(
        `jacobian: result ${at} is ${formatShape(result.shape)}, ${result.size} elements; at most ${largestJacobian} can be differentiated one by one. Use vjp or jvp, which need no matrix.`,
      );
    const one = ops.constant([1], result.dtype);
    const rows = Array.from({ length: result.size }, (_, place) => {
      const hot = ops.pad(one, { axis: 0, before: place, after: result.size - place - 1 });
      const cotangents = results.map(({ value }, k) =>
        k === at ? ops.reshape(hot, { shape: result.shape }) : ops.zerosLike(value),
      );
      return pullBack(cotangents);
    });
    return primals.map((primal, i) => {
      const stacked = ops.stack(
        rows.map((row) => row[i]!),
        { axis: 0 },
      );
      return lift(ops.reshape(stacked, { shape: [...result.shape, ...primal.shape] }), ...results, ...primals);
    });
  });
  return arrangedAs(output, found);
}

/** f(primals), the function from its results' cotangents to those of the primals, the results as a list, and where f starts from. */
function pulledBack<R extends TensorResult>(
  speaker: string,
  f: (...args: Tensor[]) => R,
  primals: readonly Tensor[],
): [output: R, pullBack: (cotangents: readonly Value[]) => Value[], results: readonly Tensor[], inputs: readonly Value[]] {
  primals.forEach(({ dtype }, i) => {
    if (!isFloat(dtype))
      throw new DTypeError(
        `${speaker}: argument ${i} is ${dtype}; only floating-point numbers have derivatives. Let the function close over it.`,
      );
  });
  // Fresh stand-ins make the arguments the points to differentiate at, whatever graph is under them.
  const inputs = primals.map(({ value }) => ops.standIn(value));
  const output = f(...inputs.map((input) => new Tensor(input, { tracks: true })));
  const results = resultList(speaker, output);
  const values = results.map(({ value }) => value);
  values.forEach(({ dtype }, i) => {
    if (!isFloat(dtype))
      throw new DTypeError(
        `${speaker}: result ${i} of the function is ${dtype}; only floating-point numbers have derivatives. Compute it outside.`,
      );
  });
  const pullBack = (cotangents: readonly Value[]) =>
    gradients(values, cotangents, inputs).map((g, i) => g ?? ops.zerosLike(inputs[i]!));
  return [output, pullBack, results, inputs];
}

/** The gradient of a scalar with respect to itself. */
function scalarSeed(speaker: string, { value, size, shape }: Tensor): Value {
  if (size !== 1)
    throw new ShapeError(`${speaker}: the function gave ${formatShape(shape)}; it must give a scalar. Take its mean or sum.`);
  return ops.expand(ops.like(1, value), { shape });
}

/** Refuses vectors that are not one for each of `points`, of its shape and element type. */
function checkAlike(speaker: string, what: string, vectors: readonly Tensor[], point: string, points: readonly Tensor[]): void {
  if (vectors.length !== points.length)
    throw new ShapeError(
      `${speaker}: the ${what}s are ${vectors.length} and the ${point}s ${points.length}; give one for each.`,
    );
  for (const [i, vector] of vectors.entries()) {
    const { shape, dtype } = points[i]!;
    if (!sameShape(vector.shape, shape))
      throw new ShapeError(
        `${speaker}: ${what} ${i} is ${formatShape(vector.shape)} and ${point} ${i} is ${formatShape(shape)}; both need one shape.`,
      );
    if (vector.dtype !== dtype)
      throw new DTypeError(
        `${speaker}: ${what} ${i} is ${vector.dtype} and ${point} ${i} is ${dtype}; both need one type. Use cast('${dtype}').`,
      );
  }
}

/** A list in the arrangement of a function's result: the list, or its one item. */
function arrangedAs<R extends TensorResult, T>(output: R, list: readonly T[]): Like<R, T> {
  return (output instanceof Tensor ? list[0] : list) as Like<R, T>;
}
