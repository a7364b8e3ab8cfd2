import { ConfigError, nearest } from '../core/index.ts';
import { AutoModelForMaskedLM, AutoModelForSequenceClassification } from '../models/index.ts';
import type { Device, Precision } from '../tensor/index.ts';
import { AutoTokenizer } from '../tokenizers/index.ts';
import { makePipeline, type PipelineBase, type PipelineCallOptions, type PipelineParts } from './define-pipeline.ts';
import { type FillMask, type FillMaskOptions, fillMask } from './fill-mask.ts';
import { type ClassifyText, type TextClassificationOptions, textClassification } from './text-classification.ts';

/** Every task, by each of its names: the type of its call, and of its options. A new one is a line here and in `definitions`. */
export interface PipelineTasks {
  'text-classification': { call: ClassifyText; options: TextClassificationOptions };
  'sentiment-analysis': { call: ClassifyText; options: TextClassificationOptions };
  'fill-mask': { call: FillMask; options: FillMaskOptions };
}

const definitions = [textClassification, fillMask];
const models = { AutoModelForSequenceClassification, AutoModelForMaskedLM };

/** A pipeline of a task, ready to be called. */
export type Pipeline<Task extends keyof PipelineTasks> = PipelineTasks[Task]['call'] & PipelineBase;

/** What `pipeline` takes beside the model: the task's own options as defaults of each call, and where to compute. */
export type PipelineOptions<Task extends keyof PipelineTasks> = Partial<PipelineTasks[Task]['options']> &
  PipelineCallOptions & {
    /** Where the model is to lie. Default: where it is first used. */
    readonly device?: Device;
    /** What products are computed in. Default `float32`. */
    readonly dtype?: Precision;
  };

/**
 * A model ready for a task: text in, answers out. The model is a folder as `save_pretrained`, `qkv train` or Python's
 * transformers writes it, or a model and a tokenizer at hand.
 * @throws ConfigError for a task that there is not, or an option that it does not have.
 * @throws MissingFileError, MissingWeightError, UnsupportedError with what is wrong with the folder.
 * @example
 * import { pipeline } from 'qkv';
 * async function show(folder: string) {
 *   const classify = await pipeline('text-classification', folder);
 *   console.log(await classify('You have won a prize!')); // [{ label: 'spam', score: 0.99 }]
 * }
 */
export async function pipeline<Task extends keyof PipelineTasks>(
  task: Task,
  model: string | PipelineParts,
  { device, dtype, ...options }: PipelineOptions<Task> = {},
): Promise<Pipeline<Task>> {
  const definition = definitions.find((each) => each.task === task || each.aliases?.includes(task));
  if (definition === undefined) {
    const names = definitions.flatMap((each) => [each.task, ...(each.aliases ?? [])]);
    const near = nearest(String(task), names);
    throw new ConfigError(
      `pipeline: there is no task ${String(task)}; ${near ? `did you mean ${near}?` : `there are ${names.join(', ')}.`}`,
    );
  }
  if (typeof model !== 'string' && !(model?.model && model.tokenizer))
    throw new ConfigError('pipeline: there is no model; give the folder of one, or { model, tokenizer }.');
  const parts = typeof model === 'string' ? await load(model, definition.model) : model;
  if (device || dtype) await parts.model.to({ device, precision: dtype });
  return makePipeline(definition as never, parts, options as object) as unknown as Pipeline<Task>;
}

async function load(folder: string, model: keyof typeof models): Promise<PipelineParts> {
  const tokenizer = await AutoTokenizer.from_pretrained(folder);
  return { model: await models[model].from_pretrained(folder), tokenizer };
}
