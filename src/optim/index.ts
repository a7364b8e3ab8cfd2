/**
 * Optimizers, learning-rate schedules and gradient clipping, named as in PyTorch and Hugging Face.
 * May import core and tensor. A new optimizer is a class with its state's names and one update formula.
 */
export * from './adam.ts';
export * from './clip.ts';
export * from './optimizer.ts';
export * from './schedules.ts';
export * from './sgd.ts';
