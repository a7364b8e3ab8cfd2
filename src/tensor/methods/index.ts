/**
 * Tensor's methods over ops, one file per family. A new method stands in its family's file; a new family is an abstract
 * class on top of the last one here.
 */
export { ProductMethods as TensorMethods } from './products.ts';
export type { ReduceOptions } from './reductions.ts';
