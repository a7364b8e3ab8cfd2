/**
 * Models by Hugging Face's `model_type`, one folder each, and the auto classes that pick among them.
 * May import core, tensor, nn, formats, hub, generation, tokenizers and images. A new family: a folder with its config
 * and its model, registered by `defineModel` in its index.ts and by a line in `auto.ts`.
 */
export * from './auto.ts';
export * from './bert/index.ts';
export * from './config.ts';
export * from './define-model.ts';
export type * from './outputs.ts';
export { type LoadOptions, type ModelClass, PreTrainedModel } from './pretrained.ts';
