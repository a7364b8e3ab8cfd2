import { ConfigError, DataError, nearest } from '../core/index.ts';
import type { MaskedLanguageModel, SequenceClassifier, SequenceClassifierInputs } from '../models/index.ts';
import { evaluate, noGrad, type Tensor, tensor } from '../tensor/index.ts';
import type { PreTrainedTokenizerFast } from '../tokenizers/index.ts';

/** What a pipeline is made of: a model, and what turns inputs into what it reads. */
export interface PipelineParts {
  readonly model: SequenceClassifier | MaskedLanguageModel;
  readonly tokenizer: PreTrainedTokenizerFast;
}

/** Options that every pipeline of texts takes, when it is made or when it is called. */
export interface PipelineCallOptions {
  /** Texts that the model reads at a time. Default 32; results do not depend on it, but for rounding. */
  readonly batch_size?: number;
  /** Cut texts that are longer than the model takes; otherwise they are an error. Default true, for fill-mask false. */
  readonly truncation?: boolean;
  /** Tokens of a text that are read, special ones included. Default: what the tokenizer or the model says. */
  readonly max_length?: number;
  /** Stops between batches. */
  readonly signal?: AbortSignal;
}

/** What the model gave for one text. */
export interface RawOutput {
  readonly input_ids: readonly number[];
  /** Of classes `[K]`; of the words at N places `[N, V]`, row after row. */
  readonly logits: Float32Array;
}

/** The declaration of a pipeline. */
export interface PipelineDefinition<Options extends object, Item, Call> {
  /** Hugging Face's name of the task, and its other names. */
  readonly task: string;
  readonly aliases?: readonly string[];
  /** The auto class that loads its model. */
  readonly model: 'AutoModelForSequenceClassification' | 'AutoModelForMaskedLM';
  readonly defaults: Options;
  /** Whether texts that are too long are cut where the caller does not say. Default true. */
  readonly truncation?: boolean;
  /** Of a model that answers for each token: the places of a text whose answers are wanted; refuses texts that have none. */
  readonly places?: (input_ids: readonly number[], text: string, parts: PipelineParts) => readonly number[];
  /** Refuses values of options that cannot be honoured. */
  readonly check: (options: Options) => void;
  /** The result for one text. */
  readonly postprocess: (output: RawOutput, parts: PipelineParts, options: Options) => Item;
  /** The whole result: `isSingle` when one string came and not a list, `given` has the options that were written out. */
  readonly arrange: (items: readonly Item[], isSingle: boolean, given: Partial<Options>) => unknown;
  /** Never read: carries the type of calls. */
  readonly call?: Call;
}

/** What every pipeline has beside being callable. */
export interface PipelineBase extends PipelineParts {
  readonly task: string;
  /** The ids and logits behind the results, in the order of the texts. */
  forward(texts: readonly string[], options?: PipelineCallOptions): Promise<RawOutput[]>;
  /** Frees the model's memory. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** Declares a pipeline; the call's type is the third argument's. */
/*@__NO_SIDE_EFFECTS__*/
export function definePipeline<Options extends object, Item, Call>(
  definition: PipelineDefinition<Options, Item, Call>,
): PipelineDefinition<Options, Item, Call> {
  return definition;
}

/**
 * A pipeline from its declaration and its parts.
 * @throws ConfigError for options that it does not have, or values that cannot be honoured.
 */
export function makePipeline<Options extends object, Item, Call>(
  definition: PipelineDefinition<Options, Item, Call>,
  parts: PipelineParts,
  given: Partial<Options> & PipelineCallOptions = {},
): Call & PipelineBase {
  const { task, defaults, check, places, postprocess, arrange } = definition;
  const read = (own: Partial<Options> & PipelineCallOptions) => {
    const { batch_size = 32, truncation = definition.truncation ?? true, max_length, signal, ...rest } = { ...given, ...own };
    const options = { ...defaults, ...rest } as Options;
    refuseUnknown(task, Object.keys(rest), Object.keys(defaults));
    for (const [name, value] of Object.entries({ batch_size, max_length })) {
      if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1))
        throw new ConfigError(`pipeline: ${name} is ${String(value)}; a whole number of at least 1 is needed.`);
    }
    check(options);
    return { options, written: { ...given, ...own } as Partial<Options>, run: { batch_size, truncation, max_length, signal } };
  };
  read({});
  checkVocabulary(parts);
  const forward = async (texts: readonly string[], own: PipelineCallOptions = {}) =>
    runModel(parts, checkedTexts(task, texts), read(own as Partial<Options> & PipelineCallOptions).run, places);
  const call = async (input: string | readonly string[], own: Partial<Options> & PipelineCallOptions = {}) => {
    const { options, written, run } = read(own);
    const isSingle = typeof input === 'string';
    const outputs = await runModel(parts, checkedTexts(task, isSingle ? [input] : input), run, places);
    return arrange(
      outputs.map((output) => postprocess(output, parts, options)),
      isSingle,
      written,
    );
  };
  const dispose = () => parts.model.dispose();
  return Object.assign(call, { task, ...parts, forward, dispose, [Symbol.dispose]: dispose }) as unknown as Call & PipelineBase;
}

/** A tokenizer of another checkpoint gives other ids; that is seen where the model has no rows for some of them. */
function checkVocabulary({ model, tokenizer }: PipelineParts): void {
  const { vocab_size } = model.config as { vocab_size?: unknown };
  if (typeof vocab_size !== 'number' || tokenizer.total_vocab_size <= vocab_size) return;
  throw new ConfigError(
    `pipeline: the tokenizer has ${tokenizer.total_vocab_size} tokens and the model knows ${vocab_size}; take both from one checkpoint, as in pipeline(task, folder).`,
  );
}

function refuseUnknown(task: string, names: readonly string[], own: readonly string[]): void {
  const known = [...own, 'batch_size', 'truncation', 'max_length', 'signal'];
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    throw new ConfigError(
      `pipeline: ${task} has no option ${name}; ${near ? `did you mean ${near}?` : `the options are ${known.join(', ')}.`}`,
    );
  }
}

function checkedTexts(task: string, texts: unknown): readonly string[] {
  if (!Array.isArray(texts))
    throw new DataError(`pipeline: ${task} got ${describe(texts)}; a string or a list of strings is needed.`);
  for (const [i, text] of texts.entries()) {
    if (typeof text !== 'string') throw new DataError(`pipeline: text ${i} is ${describe(text)}; a string is needed.`);
  }
  return texts;
}

function describe(value: unknown): string {
  return value === null || value === undefined ? String(value) : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

/** Runs the model over texts, those of like length together. */
async function runModel(
  { model, tokenizer }: PipelineParts,
  texts: readonly string[],
  {
    batch_size,
    truncation,
    max_length,
    signal,
  }: { batch_size: number; truncation: boolean; max_length?: number | undefined; signal?: AbortSignal | undefined },
  placesOf: PipelineDefinition<object, unknown, unknown>['places'],
): Promise<RawOutput[]> {
  const limit = Math.min(tokenizer.model_max_length, positionsOf(model));
  const length = Math.min(max_length ?? limit, limit);
  const encode = (text: string) =>
    truncation && Number.isFinite(length) && length < 1e20
      ? tokenizer(text, { truncation: true, max_length: length })
      : tokenizer(text);
  const encoded = texts.map(encode);
  const tooLong = encoded.findIndex(({ input_ids }) => input_ids.length > limit);
  if (tooLong >= 0)
    throw new DataError(
      `pipeline: text ${tooLong} has ${encoded[tooLong]!.input_ids.length} tokens and the model takes ${limit}; leave truncation on, or shorten it.`,
    );
  const wanted = placesOf && encoded.map(({ input_ids }, i) => placesOf(input_ids, texts[i]!, { model, tokenizer }));
  const order = texts.map((_, i) => i).sort((a, b) => encoded[a]!.input_ids.length - encoded[b]!.input_ids.length);
  const outputs = new Array<RawOutput>(texts.length);
  const wasTraining = model.training;
  model.eval();
  try {
    for (let start = 0; start < order.length; start += batch_size) {
      signal?.throwIfAborted();
      const rows = order.slice(start, start + batch_size);
      const longest = encoded[rows.at(-1)!]!.input_ids.length;
      // Few different lengths mean few graphs to prepare.
      const T = Math.max(longest, Math.min(Math.ceil(longest / 16) * 16, limit));
      const padded = tokenizer.pad(
        rows.map((row) => ({ ...encoded[row]! })),
        { padding: 'max_length', max_length: T },
      );
      const inputs = Object.fromEntries(
        Object.entries(padded).map(([name, lists]): [string, Tensor] => [
          name,
          tensor(lists as number[][], { dtype: 'int32' }),
        ]),
      );
      const all = noGrad(() => model.forward(inputs as unknown as SequenceClassifierInputs)).logits;
      const width = all.shape.at(-1)!; // [B, K] or [B, T, V]
      let logits = all;
      if (wanted) {
        const side = tokenizer.padding_side;
        const before = (row: number) => (side === 'left' ? T - encoded[row]!.input_ids.length : 0);
        const read = rows.flatMap((row, i) => wanted[row]!.map((place) => i * T + before(row) + place));
        inputs.read = tensor(new Int32Array(read));
        logits = noGrad(() => all.reshape(-1, width).indexSelect(0, inputs.read!)); // [N, V]: only these rows are computed
      }
      await evaluate([logits], signal ? { signal } : {});
      const data = (await logits.data()) as Float32Array;
      let done = 0;
      for (const row of rows) {
        const end = done + width * (wanted ? wanted[row]!.length : 1);
        outputs[row] = { input_ids: encoded[row]!.input_ids, logits: data.slice(done, end) };
        done = end;
      }
      for (const used of [all, logits, ...Object.values(inputs)]) used.dispose();
    }
  } finally {
    model.train(wasTraining);
  }
  return outputs;
}

/** How many tokens the model has places for; infinite where its config does not say. */
function positionsOf(model: PipelineParts['model']): number {
  const { max_position_embeddings } = model.config as { readonly max_position_embeddings?: number };
  return max_position_embeddings ?? Number.POSITIVE_INFINITY;
}
