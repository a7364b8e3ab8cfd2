/**
 * What every other folder stands on: errors, element types, shapes and seeded random numbers.
 * Imports nothing. A helper belongs here only when it knows nothing of tensors, files or models.
 */
export * from './dtypes.ts';
export * from './errors.ts';
export * from './nearest.ts';
export * from './options.ts';
export * from './random.ts';
export * from './shape.ts';
export * from './text-width.ts';
export * from './turn.ts';
