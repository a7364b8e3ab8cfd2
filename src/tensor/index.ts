/**
 * Tensors as users hold them: lazy, with methods over ops, gradients, and data in and out.
 * May import core, graph, ops, autodiff, onnx and runtime. A new op that one would write as a method gets one
 * in its family's file of `methods/`; how tensors are made is in `create.ts`, derivatives of functions of them in `derivatives.ts`.
 */

export type { Device, Precision } from '../runtime/index.ts';
export { type Compiled, type CompiledOptions, compile } from './compile.ts';
export * from './create.ts';
export * from './derivatives.ts';
export {
  clearCache,
  type ExecuteOptions,
  execute,
  type MemoryReport,
  memory,
  type Placement,
  setDefaultDevice,
  type Want,
} from './engine.ts';
export { type Frontier, type FrontierOptions, frozenFrontier, withContents } from './frozen.ts';
export type { ReduceOptions } from './methods/index.ts';
export { noGrad } from './modes.ts';
export { type Difference, firstDifference } from './parity.ts';
export type { CacheStatistics } from './programs.ts';
export { manualSeed, nextRandomKey, randomState, replayingRandom, setRandomState } from './random.ts';
export { type PlaceWrite, residentZeros, writePlaces } from './rows.ts';
export {
  derivedGradient,
  evaluate,
  knownContent,
  lift,
  type NestedArray,
  type Operand,
  type RetiredContent,
  rootsOf,
  Tensor,
} from './tensor.ts';
export * from './transforms.ts';
export { dueWith } from './updates.ts';
