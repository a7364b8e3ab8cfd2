/**
 * One row per op, one file per family: shape rule, lowering to ONNX, gradient.
 * May import core and graph. To add an op: the row, its cases in `<family>.cases.ts`, a line here, and a method on
 * Tensor if one would write it as a method.
 */
export * from './activations.ts';
export * from './comparison.ts';
export * from './elementwise.ts';
export * from './indexing.ts';
export * from './leaf.ts';
export { linear, matmul, matmulOf, swapLast } from './matmul.ts';
export { concat, expand, expandRow, pad, reshape, reshapeRow, slice, split, transpose, zerosLike } from './movement.ts';
export { layerNorm, logSoftmax, softmax } from './normalize.ts';
export * from './recompute.ts';
export * from './reduce.ts';
export * from './rounding.ts';
export * from './transcendental.ts';
