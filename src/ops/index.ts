/**
 * One row per op, one file per family: shape rule, lowering to ONNX, gradient.
 * May import core and graph. To add an op: the row, its cases in `<family>.cases.ts`, a line here, and a method on
 * Tensor if one would write it as a method.
 */
export * from './activations.ts';
export * from './binary-cross-entropy.ts';
export * from './comparison.ts';
export { convolution, convolutionTransposed, convolutionWeight } from './convolution.ts';
export * from './cumulative.ts';
export { einsum } from './einsum.ts';
export * from './elementwise.ts';
export * from './index-expression.ts';
export { addAlong, dropoutMask, gatherRows, oneHot, pickRows, placeRows, scatterRows, takeAlong } from './indexing.ts';
export * from './leaf.ts';
export { addmm, linear, matmul, matmulOf, swapLast } from './matmul.ts';
export {
  concat,
  expand,
  expandRow,
  pad,
  reshape,
  reshapeRow,
  slice,
  split,
  stridedSlice,
  transpose,
  zerosLike,
} from './movement.ts';
export { channelNorm, layerNorm, logSoftmax, normalizeBy, rmsNorm, softmax } from './normalize.ts';
export * from './padding.ts';
export { adaptiveAveragePool, adaptiveMaxPool, averagePool, maxPool } from './pooling.ts';
export { dequantize, type Packing, quantizedLinear } from './quantized.ts';
export * from './rearranging.ts';
export * from './recompute.ts';
export { argmax, argmin, max, mean, min, sum, sumSquare } from './reduce.ts';
export { type InterpolateOptions, type InterpolationMode, interpolate } from './resize.ts';
export * from './rounding.ts';
export * from './scatter.ts';
export * from './sorting.ts';
export * from './statistics.ts';
export * from './transcendental.ts';
export * from './triangular.ts';
export { fold, unfold } from './unfold.ts';
