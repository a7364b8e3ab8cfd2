import { namesIn, processFacts, removeFrom, writeText } from '#run-folder';
import { ConfigError, DataError } from '../../core/index.ts';
import { DataCollatorWithPadding, type Dataset, withMaskedTokens } from '../../data/index.ts';
import { checkWritable } from '../../formats/index.ts';
import { readJson, resolveFolder } from '../../hub/index.ts';
import { LinearTextClassifier } from '../../metrics/index.ts';
import { AutoModelForSequenceClassification, bertSizes, labelTables, type SequenceClassifier } from '../../models/index.ts';
import { init } from '../../nn/index.ts';
import type { Progress } from '../../progress/index.ts';
import { manualSeed } from '../../tensor/index.ts';
import { AutoTokenizer, type PreTrainedTokenizerFast, trainWordPiece } from '../../tokenizers/index.ts';
import type { LogEntry } from '../callbacks.ts';
import { checkpointSteps, get_last_checkpoint, pretty, tidyRunFolder } from '../checkpoints.ts';
import type { EvalPrediction } from '../evaluate.ts';
import { MetricsFile } from '../metrics-file.ts';
import { checkOptimization } from '../optimization.ts';
import { rDropLoss, twice } from '../r-drop.ts';
import { Trainer } from '../trainer.ts';
import { type GivenTrainingArguments, readTrainingArguments, type TrainingArguments } from '../training-args.ts';
import { countsOf, type Example, type ExampleSource, type Examples, readExamples, splitNames } from './examples.ts';
import { type Environment, modelCard, type RunReport } from './report.ts';
import { bestClasses, scoresOf } from './scores.ts';
import { type GivenSettings, longestByDefault, readSettings, type Settings } from './settings.ts';

/** A text classifier to be trained. */
export interface TextClassifierJob extends GivenSettings {
  readonly data: ExampleSource;
  readonly text_column?: string | undefined;
  readonly label_column?: string | undefined;
  readonly encoding?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly output_dir: string;
  /** Delete the run that the folder holds. */
  readonly overwrite?: boolean;
  /** Go on with the run that the folder holds. */
  readonly resume?: boolean;
}

/** What a job uses of the world. */
export interface JobContext {
  readonly environment: Environment;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
  /** Told about each stage, in a line. */
  readonly log: (line: string) => void;
}

/** What a job gives. */
export interface TextClassifierResult {
  readonly report: RunReport;
  /** The examples that the model never saw. */
  readonly test: Dataset<Example>;
}

/** What training_args.json holds besides the training arguments: the rest that a resumed run must find as it was. */
interface SavedJob extends Omit<Settings, 'args' | 'max_length'> {
  readonly max_length: number;
  readonly data_hash: string;
}

/**
 * Trains a text classifier from examples to a finished folder: reads and checks the examples, trains a vocabulary where the
 * model is new, trains, judges on held-out examples beside a bag-of-words baseline, and writes the model, the report, the
 * pictures and the model card. Nothing is trained before all that can be checked is checked.
 * @throws DataError, MissingFileError, ConfigError with what is wrong with the data, the folder or the settings.
 */
export async function trainTextClassifier(job: TextClassifierJob, context: JobContext): Promise<TextClassifierResult> {
  const { progress, signal, log } = context;
  const clock = new Clock();
  const { output_dir } = job;
  await checkFolder(job);
  const examples = await clock.time('data', () => readExamples(job.data, { ...job, progress, signal }));
  for (const note of examples.notes) log(note);
  log(
    `${examples.name}: ${splitNames.map((name) => `${examples.splits[name].length} ${name}`).join(', ')} examples; classes ${examples.labels.slice(0, 12).join(', ')}${examples.labels.length > 12 ? ', …' : ''}`,
  );

  const saved = job.resume ? await readSaved(output_dir) : null;
  const checkpoint = job.resume ? await get_last_checkpoint(output_dir) : null;
  const settings = saved
    ? resumedSettings(job, saved, examples)
    : readSettings(job.data, output_dir, job, examples.splits.train.length);
  const { args } = settings;
  checkOptimization(args);

  const tokenizer = await clock.time('vocabulary', () =>
    checkpoint ? AutoTokenizer.from_pretrained(checkpoint) : makeTokenizer(settings, examples.splits.train, context),
  );
  const { max_length, encoded } = await clock.time('encoding', () => encodeAll(examples, tokenizer, settings, context));
  tokenizer.model_max_length = max_length;
  manualSeed(args.seed);
  const model = await makeModel(settings, tokenizer, examples.labels, max_length, log);
  const parameters = model.parameterCount();
  // Each checkpoint holds the weights, an optimizer's two moments and averages; one more is written before the oldest goes.
  const checkpoints = args.save_strategy === 'no' ? 0 : (args.save_total_limit ?? 3) + 1;
  const copies = args.ema_decay === undefined ? 3 : 4;
  await checkWritable(output_dir, parameters * 4 * (copies * checkpoints + 1) + 1e6);
  if (!job.resume) await clearFolder(job);
  const { args: _, ...rest } = settings;
  const savedJob: SavedJob = { ...rest, max_length, data_hash: examples.hash };
  await writeText(`${output_dir}/training_args.json`, pretty({ ...args, qkv: savedJob }));
  log(
    `${describeModel(settings, model)}: ${parameters.toLocaleString('en')} parameters, ${tokenizer.total_vocab_size} tokens, texts cut at ${max_length}`,
  );

  const collate = DataCollatorWithPadding(tokenizer, { max_length });
  const { mask_probability: probability, r_drop_alpha: alpha } = settings;
  const noisy = probability > 0 ? withMaskedTokens(collate, tokenizer, { probability }) : collate;
  const trainer = new Trainer({
    model,
    tokenizer,
    args,
    train_dataset: encoded.train,
    eval_dataset: encoded.validation,
    data_collator: collate,
    train_data_collator: alpha > 0 ? twice(noisy) : noisy,
    ...(alpha > 0 && { compute_loss_func: rDropLoss({ alpha, label_smoothing: args.label_smoothing_factor }) }),
    compute_metrics: (prediction) => figuresOf(prediction, examples.labels),
    callbacks: [MetricsFile(`${output_dir}/metrics.jsonl`), tellEvaluations(log)],
    progress,
  });
  const output = await clock.time('training', () =>
    trainer.train({ ...(checkpoint !== null && { resume_from_checkpoint: checkpoint }), signal }),
  );
  const validation = await clock.time('validation', () =>
    trainer.predict(encoded.validation, { metric_key_prefix: 'eval', signal }),
  );
  const predicted = await clock.time('test', () => trainer.predict(encoded.test, { signal }));
  const references = predicted.label_ids!;
  const baseline = await clock.time('baseline', () => baselineScores(examples, references, context));
  await trainer.save_model();

  const report: RunReport = {
    task: 'text-classification',
    finished: new Date().toISOString(),
    resumed: checkpoint !== null,
    model: {
      type: model.config.model_type,
      from: describeModel(settings, model),
      parameters,
      vocab_size: tokenizer.total_vocab_size,
      max_length,
    },
    labels: examples.labels,
    data: {
      name: examples.name,
      hash: examples.hash,
      splits: Object.fromEntries(
        splitNames.map((name) => {
          const counts = countsOf(examples.splits[name], examples.labels);
          const classes = Object.fromEntries(examples.labels.map((label, i) => [label, counts[i]!]));
          return [name, { examples: examples.splits[name].length, classes }];
        }),
      ) as RunReport['data']['splits'],
      notes: examples.notes,
    },
    seed: args.seed,
    training: {
      steps: output.global_step,
      epochs: trainer.state.epoch,
      loss: output.training_loss,
      best_step: args.load_best_model_at_end ? trainer.state.best_global_step : null,
      runtime_seconds: output.metrics.train_runtime!,
    },
    validation: validation.metrics,
    test: { loss: predicted.metrics.test_loss!, ...scoresOf(bestClasses(predicted), references, examples.labels) },
    baseline,
    versions: context.environment.versions,
    machine: machineOf(context.environment),
    time: { total_seconds: clock.total, cpu_seconds: processFacts().cpuSeconds, phases: clock.phases },
    memory: { peak_bytes: processFacts().peakMemoryBytes },
  };
  await writeReport(output_dir, report, trainer.state.log_history, settings);
  model.dispose();
  return { report, test: examples.splits.test };
}

/** Files and folders by which a folder is known to hold a run or a model, and which a new run replaces. */
const filesOfRun = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'vocab.txt',
  'training_args.json',
  'metrics.jsonl',
  'report.json',
  'loss.svg',
  'confusion.svg',
  'README.md',
];

/** The names of a run's files that lie in a folder. A README alone makes no run. */
async function runIn(output_dir: string): Promise<string[]> {
  const names = await namesIn(output_dir);
  const checkpoints = (await checkpointSteps(output_dir)).map((step) => `checkpoint-${step}`);
  const own = [...checkpoints, ...filesOfRun.filter((name) => names.includes(name))];
  return own.some((name) => name !== 'README.md') ? own : [];
}

async function checkFolder({ output_dir, overwrite = false, resume = false, model }: TextClassifierJob): Promise<void> {
  await checkWritable(output_dir);
  await tidyRunFolder(output_dir);
  const own = await runIn(output_dir);
  if (model && 'folder' in model) {
    const [from, to] = [model.folder, output_dir].map((path) => path.replace(/^\.\/+|\/+$/g, ''));
    if (from === to)
      throw new ConfigError(
        `qkv train: --model and --output_dir are both ${output_dir}; the model to start from would be replaced. Choose another --output_dir.`,
      );
  }
  if (resume) {
    if ((await get_last_checkpoint(output_dir)) === null)
      throw new ConfigError(
        `qkv train: ${output_dir} has no checkpoint to resume from; leave out --resume${own.length > 0 ? ', and give --overwrite_output_dir to start anew there' : ''}.`,
      );
  } else if (own.length > 0 && !overwrite)
    throw new ConfigError(
      `qkv train: ${output_dir} holds a run already (${own.slice(0, 3).join(', ')}${own.length > 3 ? ', …' : ''}); give --resume to go on with it, --overwrite_output_dir to delete it, or another --output_dir.`,
    );
}

async function clearFolder({ output_dir }: TextClassifierJob): Promise<void> {
  await removeFrom(output_dir, await runIn(output_dir));
}

async function readSaved(output_dir: string): Promise<TrainingArguments & { readonly qkv: SavedJob }> {
  const folder = await resolveFolder('qkv train', output_dir);
  const saved = (await readJson(folder, 'training_args.json')) as (TrainingArguments & { qkv?: SavedJob }) | undefined;
  if (saved?.qkv === undefined)
    throw new ConfigError(
      `qkv train: ${output_dir}/training_args.json does not say how this run was made; it cannot be resumed. Start anew with --overwrite_output_dir.`,
    );
  return saved as TrainingArguments & { readonly qkv: SavedJob };
}

/** The settings of the run that is resumed. What is given again must be what it was made with; only the length may change. */
function resumedSettings(
  job: TextClassifierJob,
  { qkv, ...before }: TrainingArguments & { readonly qkv: SavedJob },
  examples: Examples,
): Settings {
  if (qkv.data_hash !== examples.hash)
    throw new DataError(
      `qkv train: ${job.output_dir} was trained on other data: what is read now differs from what it was made with. Give the same data, or another --output_dir.`,
    );
  const { data_hash: _, ...settings } = qkv;
  for (const name of ['max_length', 'vocab_size', 'model', 'freeze'] as const) {
    const now = job[name];
    if (now === undefined || JSON.stringify(now) === JSON.stringify(settings[name])) continue;
    throw new ConfigError(
      `qkv train: --${name} differs from what ${job.output_dir} was made with (${describe(settings[name])}); leave it out to resume, or choose another --output_dir.`,
    );
  }
  const args: GivenTrainingArguments = { ...before, ...job.args, output_dir: job.output_dir };
  return { ...settings, args: readTrainingArguments(args) };
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? String(Object.values(value)[0]) : String(value);
}

async function makeTokenizer(
  { model, vocab_size }: Settings,
  train: Dataset<Example>,
  { progress, signal }: JobContext,
): Promise<PreTrainedTokenizerFast> {
  if ('folder' in model) return AutoTokenizer.from_pretrained(model.folder);
  using bar = progress.start({ label: 'train vocabulary', leave: false });
  let stage = '';
  return trainWordPiece(train.column('text'), {
    vocab_size,
    min_frequency: 2,
    // Accents stay: taking them off takes Korean syllables apart.
    strip_accents: false,
    signal,
    onProgress: ({ stage: now, done, total }) => {
      bar.total = total ?? undefined;
      bar.update(stage === now ? done - bar.n : -bar.n + done);
      stage = now;
    },
  });
}

/** The three parts as ids, cut to one length: the given one, or what 95 % of the training texts fit into. */
async function encodeAll(
  { splits }: Examples,
  tokenizer: PreTrainedTokenizerFast,
  settings: Settings,
  { progress, signal }: JobContext,
): Promise<{ max_length: number; encoded: Record<keyof Examples['splits'], Dataset> }> {
  const limit = settings.max_length ?? Math.min(longestByDefault, tokenizer.model_max_length);
  const total = splitNames.reduce((sum, name) => sum + splits[name].length, 0);
  using bar = progress.start({ label: 'encode', total, leave: false });
  const encoded: Partial<Record<keyof Examples['splits'], Dataset>> = {};
  let before = 0;
  for (const name of splitNames) {
    const options = {
      truncation: true,
      max_length: limit,
      return_attention_mask: false,
      return_token_type_ids: false,
    } as const;
    encoded[name] = await splits[name].map(({ text }) => ({ input_ids: tokenizer(text, options).input_ids }), {
      remove_columns: 'text',
      ...(signal && { signal }),
      onProgress: (done) => bar.update(before + done - bar.n),
    });
    before += splits[name].length;
  }
  const all = encoded as Record<keyof Examples['splits'], Dataset>;
  if (settings.max_length !== null) return { max_length: limit, encoded: all };
  const lengths = Array.from(all.train.column('input_ids') as ArrayLike<number[]>, (ids) => ids.length).sort((a, b) => a - b);
  const fitting = lengths[Math.floor(0.95 * (lengths.length - 1))]!;
  const max_length = Math.min(limit, Math.ceil(fitting / 16) * 16);
  if (max_length === limit) return { max_length, encoded: all };
  for (const name of splitNames) {
    all[name] = await all[name].map((row) => ({ input_ids: cutTo(row.input_ids as number[], max_length, tokenizer) }));
  }
  return { max_length, encoded: all };
}

/** Ids cut to a length, the last of them as it was: the special token that ends a text. */
function cutTo(ids: readonly number[], length: number, tokenizer: PreTrainedTokenizerFast): readonly number[] {
  if (ids.length <= length) return ids;
  const last = ids.at(-1)!;
  return last === tokenizer.sep_token_id ? [...ids.slice(0, length - 1), last] : ids.slice(0, length);
}

async function makeModel(
  { model, dropout, num_hidden_layers, positions_from_zero, freeze }: Settings,
  tokenizer: PreTrainedTokenizerFast,
  labels: readonly string[],
  max_length: number,
  log: (line: string) => void,
): Promise<SequenceClassifier> {
  if ('folder' in model) {
    const loaded = await AutoModelForSequenceClassification.from_pretrained(model.folder, {
      labels,
      onReport: ({ missing }) => {
        if (missing.length > 0) log(`${model.folder}: newly initialised for these classes: ${missing.join(', ')}`);
      },
    });
    const { vocab_size, max_position_embeddings } = loaded.config as unknown as Record<string, number>;
    if (vocab_size! < tokenizer.total_vocab_size)
      throw new ConfigError(
        `qkv train: the tokenizer in ${model.folder} has ${tokenizer.total_vocab_size} tokens and the model ${vocab_size}; the two do not belong together.`,
      );
    if (max_position_embeddings !== undefined && max_position_embeddings < max_length)
      throw new ConfigError(
        `qkv train: --max_length is ${max_length} and the model in ${model.folder} has ${max_position_embeddings} positions; give at most that.`,
      );
    if (freeze) loaded.freeze(new RegExp(freeze));
    return loaded;
  }
  const made = AutoModelForSequenceClassification.from_config({
    model_type: 'bert',
    ...bertSizes[model.size],
    ...(num_hidden_layers !== null && { num_hidden_layers }),
    vocab_size: tokenizer.total_vocab_size,
    max_position_embeddings: max_length,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
    // BERT's 0.02 is for 768 channels; narrower layers need larger weights to pass on as much.
    initializer_range: initializerRange(bertSizes[model.size].hidden_size),
    pad_token_id: tokenizer.pad_token_id!,
    ...labelTables(labels),
  });
  if (positions_from_zero) {
    for (const [path, parameter] of made.namedParameters())
      if (path.endsWith('.position_embeddings.weight')) parameter.reset(init.constant(parameter.shape, 0));
  }
  return made;
}

/** The spread of initial weights for a width: 0.02 at BERT's 768 channels, falling with the root of the width, as Glorot's. */
function initializerRange(width: number): number {
  return Number((0.02 * Math.sqrt(768 / width)).toFixed(3));
}

function describeModel({ model }: Settings, { config }: SequenceClassifier): string {
  return 'folder' in model ? `fine-tuned from ${model.folder}` : `${config.model_type} ${model.size} trained from scratch`;
}

function figuresOf({ predictions, label_ids }: EvalPrediction, labels: readonly string[]): Record<string, number> {
  const { accuracy, macro_f1 } = scoresOf(bestClasses({ predictions }), label_ids!, labels);
  return { accuracy, macro_f1 };
}

function tellEvaluations(log: (line: string) => void) {
  return {
    on_evaluate: ({ state, metrics = {} }: { state: { epoch: number; global_step: number }; metrics?: LogEntry }) =>
      log(
        `step ${state.global_step}, epoch ${Number(state.epoch.toFixed(2))}: validation loss ${metrics.eval_loss?.toFixed(4)}, accuracy ${metrics.eval_accuracy?.toFixed(4)}, mean F1 ${metrics.eval_macro_f1?.toFixed(4)}`,
      ),
  };
}

async function baselineScores({ splits, labels }: Examples, references: ArrayLike<number>, { signal, progress }: JobContext) {
  using _bar = progress.start({ label: 'fit the bag-of-words baseline', leave: false });
  const texts = Array.from(splits.train.column('text'));
  const classes = Array.from(splits.train.column('label'));
  const linear = await LinearTextClassifier.fit(texts, classes, signal ? { signal } : {});
  return scoresOf(await linear.predict(Array.from(splits.test.column('text'))), references, labels);
}

function machineOf({ machine, device, runtime, precision, threads }: Environment): RunReport['machine'] {
  return { ...machine, device, runtime, precision, threads } as RunReport['machine'];
}

async function writeReport(
  output_dir: string,
  report: RunReport,
  history: readonly LogEntry[],
  settings: Settings,
): Promise<void> {
  // Drawing takes a library that importing qkv should not wait for.
  const { confusionMatrix, lossCurve } = await import('../../plots/index.ts');
  const trained = history.filter((entry) => 'loss' in entry);
  const evaluated = history.filter((entry) => 'eval_loss' in entry);
  const subtitle = `${settings.model && 'size' in settings.model ? `BERT ${settings.model.size}` : report.model.from} on ${report.data.name}`;
  const loss = lossCurve({
    steps: trained.map(({ step }) => step!),
    loss: trained.map((entry) => entry.loss!),
    learningRate: trained.map(({ learning_rate }) => learning_rate!),
    evalSteps: evaluated.map(({ step }) => step!),
    evalLoss: evaluated.map(({ eval_loss }) => eval_loss!),
    title: 'Loss',
    subtitle: `${subtitle}, in ${report.machine.precision} on ${report.machine.runtime}`,
  });
  const confusion = confusionMatrix({
    labels: report.labels,
    counts: report.test.confusion_matrix,
    title: 'Held-out examples',
    subtitle,
  });
  const name =
    output_dir
      .split(/[\\/]/)
      .filter((part) => part !== '')
      .at(-1) ?? 'model';
  await writeText(`${output_dir}/loss.svg`, loss);
  await writeText(`${output_dir}/confusion.svg`, confusion);
  await writeText(`${output_dir}/README.md`, modelCard(report, name));
  await writeText(`${output_dir}/report.json`, pretty(report));
}

/** Seconds by phase, and in all. */
class Clock {
  readonly phases: Record<string, number> = {};
  readonly #started = performance.now();

  get total(): number {
    return (performance.now() - this.#started) / 1000;
  }

  async time<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await work();
    } finally {
      this.phases[phase] = (performance.now() - started) / 1000;
    }
  }
}
