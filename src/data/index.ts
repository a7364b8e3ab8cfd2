/**
 * Data sets: tables in memory, the loaders that fill them from files, honest splits, and the named data sets.
 * Imports core, tensor, formats, hub, tokenizers, images. Reading the disk stands in `x.node.ts`, with a browser twin.
 * To add a file format: a reader in `file-tables.ts` over a parser in formats. To add a data set: a file named after it.
 */
export { loadSpamAssassin } from '#spam-assassin';
export * from './collators.ts';
export { type ColumnStream, type StreamOptions, streamColumn } from './column-stream.ts';
export * from './dataset.ts';
export { DatasetDict } from './dataset-dict.ts';
export { ClassLabel, type Feature, type Features, type List, Value, type ValueType } from './features.ts';
export * from './load-dataset.ts';
export * from './loader.ts';
export type * from './spam-assassin.types.ts';
export { type ContentSplitOptions, splitByContent } from './split-by-content.ts';
