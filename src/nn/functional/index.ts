/** The maths of the layers and losses, as functions of tensors: one file per family. */
export * from './attention.ts';
export * from './convolution.ts';
export * from './embedding.ts';
export * from './interpolate.ts';
export * from './linear.ts';
export * from './losses/index.ts';
export * from './norms.ts';
export * from './pooling.ts';
export * from './recurrent.ts';
export type { PerAxis } from './sizes.ts';
