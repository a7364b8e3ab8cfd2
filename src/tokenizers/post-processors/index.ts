import { Registry } from '../component.ts';
import { BertProcessing } from './bert-processing.ts';
import { ByteLevelProcessing } from './byte-level.ts';
import type { PostProcessor } from './post-processor.ts';
import { RobertaProcessing } from './roberta-processing.ts';
import { PostProcessorSequence } from './sequence.ts';
import { TemplateProcessing } from './template-processing.ts';

/** Every post-processor that tokenizer.json may name. A new one is a file here and a place in this list. */
export const postProcessors: Registry<PostProcessor> = /*@__PURE__*/ new Registry<PostProcessor>('post-processor', [
  BertProcessing,
  RobertaProcessing,
  TemplateProcessing,
  ByteLevelProcessing,
  PostProcessorSequence,
]);
