/**
 * File formats: bytes in, typed arrays and rows out, and back. Nothing here knows models or tensors.
 * Imports core. Writing to disk stands in `atomic-write.node.ts`, with a refusing twin for browsers.
 * To add a format: one file named after it, with a reader that names file, place and remedy in each error.
 */
export { checkWritable, cleanUnfinishedWrites, writeFileAtomic, writeFolderAtomic } from '#atomic-write';
export type * from './atomic-write.types.ts';
export * from './delimited.ts';
export * from './half.ts';
export * from './json-lines.ts';
export * from './json-list.ts';
export * from './safetensors.ts';
export * from './sharded-safetensors.ts';
export * from './text-blocks.ts';
