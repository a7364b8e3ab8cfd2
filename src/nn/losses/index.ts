/** Losses as modules, named as in torch.nn; the maths is in `functional/losses/`. Tensors among the options are buffers, as there. */
export * from './binary.ts';
export * from './classes.ts';
export * from './ctc.ts';
export * from './distributions.ts';
export * from './margins.ts';
export * from './regression.ts';
export * from './similarity.ts';
