/**
 * Modules, layers, losses and initial values, named as in PyTorch.
 * May import core and tensor (and ops, which functional.ts lifts). A new layer is its maths in `functional.ts` and a
 * class of plain parameter fields in `layers.ts`.
 */
export * as functional from './functional.ts';
export * as init from './init.ts';
export * from './layers.ts';
export * from './losses.ts';
export * from './module.ts';
export * from './packed-tokens.ts';
