/**
 * Finds the files of a model, a tokenizer or a data set, reads them, and writes them. Knows nothing of what they mean.
 * Imports core and formats. What touches a disk stands in `files.node.ts`, with a twin for browsers.
 * To add a place where files may lie: one file here that `resolveFolder` asks.
 */
export { writeFiles } from '#files';
export * from './folder.ts';
