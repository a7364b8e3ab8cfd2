import { ConfigError, MissingFileError, MissingWeightError, nearest, UnsupportedError } from '../core/index.ts';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  readSafetensors,
  readShardedSafetensors,
  safetensorsChunks,
  type TensorData,
  writeFileAtomic,
} from '../formats/index.ts';
import { type ModelFolder, readFile, readJson, readText, resolveFolder, writeFiles } from '../hub/index.ts';
import { Embedding, init, LayerNorm, Linear, type LoadReport, Module, QuantizedLinear, type StateEntry } from '../nn/index.ts';
import type { Device, Precision } from '../tensor/index.ts';
import { type ConfigInput, labelTables, type PretrainedConfig } from './config.ts';

/** How `from_pretrained` loads. */
export interface LoadOptions {
  /** Number of classes of a classification head; another number than the checkpoint's makes a new head. */
  readonly num_labels?: number;
  /** Names of the classes, in order. */
  readonly labels?: readonly string[];
  /** Where to put the weights. Default: where they are first used. */
  readonly device?: Device;
  /**
   * What products are computed in; unlike in Python the weights stay float32 either way. With `bfloat16` the model moves to a
   * runtime that has it, and where there is none a notice says so.
   */
  readonly dtype?: Precision;
  /** Fields that replace those of `config.json`. */
  readonly config?: ConfigInput;
  /** Told what the checkpoint lacked (newly initialised, to be trained) and had too much. Default: a line on the console. */
  readonly onReport?: (report: LoadReport) => void;
}

/** A model's class as the registry knows it. */
export interface ModelClass<M extends PreTrainedModel = PreTrainedModel> {
  new (config: ConfigInput): M;
  readonly name: string;
}

/** Older checkpoints, made from TensorFlow ones, call a LayerNorm's fields by other names. */
const olderNames: Readonly<Record<string, string>> = { gamma: 'weight', beta: 'bias' };

/** The base of all models: a module with a config, loaded from and saved to a Hugging Face folder. */
export abstract class PreTrainedModel<C extends PretrainedConfig = PretrainedConfig> extends Module {
  readonly #config: C;

  constructor(config: C) {
    super();
    this.#config = config;
  }

  /** The model's `config.json`. */
  get config(): C {
    return this.#config;
  }

  /** The field under which a model with a head keeps the model without one, and by which checkpoints prefix names. */
  abstract readonly base_model_prefix: string;

  /** Names under which checkpoints may hold a weight a second time, and the weight's own name. */
  get tiedWeights(): Readonly<Record<string, string>> {
    return {};
  }

  /**
   * Draws initial weights as Hugging Face does: linear maps and tables from a normal distribution of `initializer_range`,
   * biases zero, norms one and zero. Called at the end of each model's constructor.
   */
  protected initializeWeights(): void {
    if (init.isSkippingInit()) return;
    const std = this.#config.initializer_range ?? 0.02;
    for (const [, module] of this.namedModules()) initialize(module, std);
  }

  /**
   * Writes `config.json` and `model.safetensors`, which Python's transformers loads. Each file is written whole or not at all.
   * @throws MissingFileError when the folder cannot be written. @throws UnsupportedError for a model that was quantized.
   */
  async save_pretrained(folder: string): Promise<void> {
    for (const [path, module] of this.namedModules())
      if (module instanceof QuantizedLinear)
        throw new UnsupportedError(
          `save_pretrained: ${path} is quantized, and Python's transformers reads no such folder; save the model before quantize.`,
        );
    const config = { architectures: [this.constructor.name], ...this.#config, dtype: 'float32' };
    await writeFiles(folder, { 'config.json': `${JSON.stringify(config, null, 2)}\n` });
    const tensors = [...(await this.stateDict())] as [string, TensorData][];
    await writeFileAtomic(`${folder}/model.safetensors`, safetensorsChunks(tensors));
  }
}

function initialize(module: Module, std: number): void {
  if (module instanceof Linear) {
    module.weight.reset(init.normal(module.weight.shape, { std }));
    module.bias?.reset(init.constant(module.bias.shape, 0));
  } else if (module instanceof Embedding) {
    module.weight.reset(init.normal(module.weight.shape, { std, zeroRow: module.padding_idx }));
  } else if (module instanceof LayerNorm) {
    module.weight?.reset(init.constant(module.weight.shape, 1));
    module.bias?.reset(init.constant(module.bias.shape, 0));
  }
}

/**
 * Makes a model of a class and loads a checkpoint into it.
 * @throws MissingFileError without `config.json` or weights. @throws MissingWeightError when the checkpoint lacks weights
 * of the model below the head. @throws ShapeError when a weight has another shape.
 */
export async function loadPretrained<M extends PreTrainedModel>(
  Model: ModelClass<M>,
  folder: ModelFolder,
  config: ConfigInput,
  options: LoadOptions,
): Promise<M> {
  const { labels, num_labels = labels?.length } = options;
  const names = labels ?? (num_labels === undefined ? null : Array.from({ length: num_labels }, (_, i) => `LABEL_${i}`));
  const declared = config.id2label as Record<string, string> | undefined;
  const keepsNames = !labels && names && declared && Object.keys(declared).length === names.length;
  const model = init.skipInit(
    () => new Model({ ...config, ...(names && !keepsNames && labelTables(names)), ...options.config }),
  );
  const state = fitted(await readWeights(Model.name, folder), model);
  const report = loadInto(
    model,
    state,
    folder,
    names !== null && declared !== undefined && Object.keys(declared).length !== names.length,
  );
  if (report.missing.length > 0 || report.unexpected.length > 0) (options.onReport ?? tell(Model.name, folder))(report);
  const { device, dtype } = options;
  if (device || dtype) await model.to({ device, precision: dtype });
  return model.eval();
}

function loadInto(model: PreTrainedModel, state: Map<string, StateEntry>, folder: ModelFolder, newHead: boolean): LoadReport {
  const base = `${model.base_model_prefix}.`;
  const head = (name: string) => hasBase(model) && !name.startsWith(base);
  // A head for other classes starts anew; every other weight has to fit.
  if (newHead) for (const name of [...state.keys()]) if (head(name)) state.delete(name);
  const report = model.loadStateDict(state, { strict: false, speaker: `${model.constructor.name} from ${folder.name}` });
  const lost = report.missing.filter((name) => !head(name) && !isOptional(name));
  if (lost.length > 0) {
    throw new MissingWeightError(
      `${model.constructor.name}: no weight for ${lost[0]}${lost.length > 1 ? ` and ${lost.length - 1} more` : ''} in ${folder.name}. ` +
        `The checkpoint has ${state.size} weights${nearestNote(lost[0]!, report.unexpected)}. Is it of another family?`,
    );
  }
  const missing = new Set(report.missing);
  const std = model.config.initializer_range ?? 0.02;
  for (const [path, module] of model.namedModules()) {
    const fields = [...missing].some((name) => name === `${path}.weight` || name === `${path}.bias`);
    if (fields) initialize(module, std);
  }
  return {
    missing: report.missing,
    unexpected: report.unexpected.filter((name) => !isOptional(name) && !name.endsWith('position_ids')),
  };
}

/** A pooler is left out of checkpoints of models that were trained without one. */
function isOptional(name: string): boolean {
  return name.includes('pooler.');
}

function hasBase(model: PreTrainedModel): boolean {
  return model.base_model_prefix in model;
}

function nearestNote(name: string, unexpected: readonly string[]): string {
  const close = nearest(name, unexpected) ?? unexpected[0];
  return close ? `, ${unexpected.length} unused: ${close}, …` : '';
}

function tell(speaker: string, folder: ModelFolder): (report: LoadReport) => void {
  return ({ missing, unexpected }) => {
    if (missing.length > 0)
      console.warn(
        `${speaker}: newly initialised, as ${folder.name} does not have them: ${missing.join(', ')}. Train the model before you use it.`,
      );
    if (unexpected.length > 0) console.warn(`${speaker}: not used from ${folder.name}: ${unexpected.join(', ')}.`);
  };
}

/** A checkpoint's names made those of the model: older spellings, and the base model's prefix put on or taken off. */
function fitted(state: ReadonlyMap<string, TensorData>, model: PreTrainedModel): Map<string, StateEntry> {
  const prefix = `${model.base_model_prefix}.`;
  const prefixed = [...state.keys()].some((name) => name.startsWith(prefix));
  const own = new Set(Array.from(model.namedTensors(), ([path]) => path));
  const result = new Map<string, StateEntry>();
  for (const [name, tensor] of state) {
    let path = name.replace(/\.(gamma|beta)$/, (_, last: string) => `.${olderNames[last]}`);
    if (hasBase(model) && !prefixed && own.has(prefix + path)) path = prefix + path;
    else if (!hasBase(model) && path.startsWith(prefix)) path = path.slice(prefix.length);
    result.set(path, widened(tensor));
  }
  for (const [again, path] of Object.entries(model.tiedWeights)) {
    const copy = result.get(again);
    if (copy && !result.has(path)) result.set(path, copy);
    result.delete(again);
  }
  return result;
}

/** Half-precision checkpoints are computed with in float32. */
function widened(tensor: TensorData): StateEntry {
  const { dtype, shape, data } = tensor;
  if (dtype === 'float16') return { dtype: 'float32', shape, data: float16ToFloat32(data) };
  if (dtype === 'bfloat16') return { dtype: 'float32', shape, data: bfloat16ToFloat32(data) };
  if (dtype === 'float64') return { dtype: 'float32', shape, data: Float32Array.from(data) };
  return { dtype, shape, data };
}

async function readWeights(speaker: string, folder: ModelFolder): Promise<Map<string, TensorData>> {
  const whole = await readFile(folder, 'model.safetensors');
  if (whole) return readSafetensors(whole, `${folder.name}/model.safetensors`).tensors;
  const index = await readText(folder, 'model.safetensors.index.json');
  if (index) {
    return readShardedSafetensors(index, async (name) => {
      const shard = await readFile(folder, name);
      if (!shard)
        throw new MissingFileError(
          `${speaker}: ${folder.name} has no ${name}, which its index names; fetch the whole checkpoint again.`,
        );
      return shard;
    });
  }
  if (await readFile(folder, 'pytorch_model.bin')) {
    throw new UnsupportedError(
      `${speaker}: ${folder.name} has its weights in pytorch_model.bin, which qkv does not read yet; save it as model.safetensors first.`,
    );
  }
  throw new MissingFileError(
    `${speaker}: ${folder.name} has no model.safetensors; a checkpoint needs it, or model.safetensors.index.json with its shards.`,
  );
}

/** A folder's `config.json`. @throws MissingFileError when it has none. @throws ConfigError when it names no family. */
export async function readConfig(
  speaker: string,
  name: string,
): Promise<{ folder: ModelFolder; config: ConfigInput & PretrainedConfig }> {
  const folder = await resolveFolder(speaker, name);
  const config = (await readJson(folder, 'config.json')) as (ConfigInput & PretrainedConfig) | undefined;
  if (!config) throw new MissingFileError(`${speaker}: ${folder.name} has no config.json; a model's folder needs one.`);
  if (typeof config.model_type !== 'string')
    throw new ConfigError(`${speaker}: ${folder.name}/config.json has no model_type; it must name the family, as "bert".`);
  return { folder, config };
}
