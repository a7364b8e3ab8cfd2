/**
 * The lazy graph: values, nodes, the declaration of an op, and walks over graphs.
 * May import core. Knows no op and no runtime; ops are rows in `ops/`.
 */
export * from './loop.ts';
export * from './op.ts';
export * from './value.ts';
export * from './walk.ts';
