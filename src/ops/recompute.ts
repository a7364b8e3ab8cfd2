import { defineOp, type Op } from '../graph/index.ts';

/**
 * The value itself, not before `token` has been computed. The clean-up never merges it with its input, so what is
 * built on it is computed anew, late: this is how a checkpointed function's inner values are not kept.
 */
export const after: Op<['x', 'token']> = defineOp({
  name: 'after',
  inputs: ['x', 'token'],
  infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  lower: (emitter, { x, token, y }) => {
    // A reshape to its own shape costs nothing; that shape takes a detour through the token, times zero.
    const tokenShape = emitter.node('Shape', [token]);
    const zero = emitter.node('Mul', [
      emitter.node('ReduceProd', [tokenShape], { attributes: { keepdims: { int: 0 } } }),
      emitter.constant('int64', [0], []),
    ]);
    const scalar = y.shape.length === 0;
    const shape = emitter.node('Add', [scalar ? emitter.constant('int64', [1]) : emitter.dims(y.shape), zero]);
    const same = emitter.node('Reshape', [x, shape]);
    return scalar ? emitter.node('Squeeze', [same, emitter.constant('int64', [0])]) : same;
  },
  vjp: (g) => ({ x: g }),
  view: true,
  axes: { zeroWith: [[0]], along: (axis) => [axis, null] },
});

/** The value itself, as a value of its own: the point at which a function is differentiated, whatever lies behind it. */
export const standIn: Op<['x']> = defineOp({
  name: 'standIn',
  inputs: ['x'],
  infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  lower: (_emitter, { x }) => x,
  vjp: (g) => ({ x: g }),
  view: true,
});
