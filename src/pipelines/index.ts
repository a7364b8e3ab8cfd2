/**
 * Models ready for a task, one file per task: text in, answers out, with Hugging Face's tasks, options and output shapes.
 * May import core, tensor, hub, models, tokenizers, images and generation. A new task: its `definePipeline` in a file of its
 * own, and a line in `pipeline.ts`.
 */
export type { PipelineBase, PipelineCallOptions, PipelineParts, RawOutput } from './define-pipeline.ts';
export { type FilledMask, type FilledText, type FillMask, type FillMaskOptions, fillMask } from './fill-mask.ts';
export * from './pipeline.ts';
export {
  type Classification,
  type ClassifyText,
  type TextClassificationOptions,
  textClassification,
} from './text-classification.ts';
