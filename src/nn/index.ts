/**
 * Modules, layers, losses and initial values, named as in PyTorch.
 * May import core and tensor (and ops, which functional lifts). A new layer is its maths in `functional/` and a
 * class of plain parameter fields in `layers/`.
 */
export * as functional from './functional/index.ts';
export * from './functional-call.ts';
export * as init from './init.ts';
export * from './inspect.ts';
export * from './layers/index.ts';
export * from './losses/index.ts';
export * from './module.ts';
export * from './packed-sequence.ts';
export * from './packed-tokens.ts';
export { type QuantizationOptions, QuantizedLinear, quantize } from './quantize.ts';
