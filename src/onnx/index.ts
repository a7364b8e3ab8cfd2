/**
 * ONNX in and out: the protobuf encoding, the way from a graph to a model, and the clean-up before it.
 * May import core, graph and ops. A new rewrite is a row in `rewrites.ts`.
 */
export { computeOnDemand } from './demand.ts';
export { trimLoops } from './loops.ts';
export * from './lower.ts';
export { optimize } from './optimize.ts';
export { overwriters } from './overwrite.ts';
export * from './proto.ts';
export { rewrites } from './rewrites.ts';
export { simplify } from './simplify.ts';
