/**
 * Losses as functions of tensors, named as in torch.nn.functional: one file per family.
 * Each refuses shapes that would broadcast where PyTorch only warns, or says how it takes them.
 */
export * from './binary.ts';
export * from './classes.ts';
export * from './ctc.ts';
export * from './distributions.ts';
export * from './margins.ts';
export type { Reduction, ReductionOptions } from './reduce.ts';
export * from './regression.ts';
export * from './similarity.ts';
