import { UnsupportedError } from '../core/index.ts';
import { bert } from './bert/index.ts';
import type { ConfigInput, PretrainedConfig } from './config.ts';
import type { AutoName, ModelFamily } from './define-model.ts';
import type { MaskedLMOutput, SequenceClassifierInputs, SequenceClassifierOutput } from './outputs.ts';
import { type LoadOptions, loadPretrained, type ModelClass, type PreTrainedModel, readConfig } from './pretrained.ts';

/** Every family. A new one is a folder and a line here. */
const families: readonly ModelFamily[] = [bert];

/** A class that picks the model's own class by the config's `model_type`. */
export interface AutoClass<M extends PreTrainedModel> {
  /**
   * Loads a model from a folder with `config.json` and `model.safetensors`, switched to evaluation (`model.train()` to train).
   * @throws MissingFileError, MissingWeightError, ShapeError, ConfigError, UnsupportedError with what is wrong with the folder.
   */
  from_pretrained(folder: string, options?: LoadOptions): Promise<M>;
  /** A model with initial weights from a config, switched to training. */
  from_config(config: ConfigInput & PretrainedConfig): M;
}

function autoClass<M extends PreTrainedModel>(name: AutoName): AutoClass<M> {
  const classFor = (config: PretrainedConfig): ModelClass<M> => {
    const family = families.find(({ model_type }) => model_type === config.model_type);
    const known = families.map(({ model_type }) => model_type).join(', ');
    if (!family)
      throw new UnsupportedError(
        `${name}: model_type is ${config.model_type}, which qkv does not have yet; there are ${known}.`,
      );
    const found = family[name];
    if (!found) throw new UnsupportedError(`${name}: qkv has no such class for ${config.model_type} yet.`);
    return found as ModelClass<M>;
  };
  return {
    async from_pretrained(folder, options = {}) {
      const read = await readConfig(`${name}.from_pretrained`, folder);
      return loadPretrained(classFor(read.config), read.folder, read.config, options);
    },
    from_config: (config) => new (classFor(config))(config),
  };
}

/** The model without a head. */
export const AutoModel: AutoClass<PreTrainedModel> = autoClass('AutoModel');

/** What every model that guesses masked words does; labels are `[B, T]`. */
export interface MaskedLanguageModel extends PreTrainedModel {
  forward(inputs: SequenceClassifierInputs): MaskedLMOutput;
}

/** The model with a head that guesses masked words. */
export const AutoModelForMaskedLM: AutoClass<MaskedLanguageModel> = autoClass('AutoModelForMaskedLM');

/** What every model with a classification head does. */
export interface SequenceClassifier extends PreTrainedModel {
  forward(inputs: SequenceClassifierInputs): SequenceClassifierOutput;
}

/** The model with a classification head. */
export const AutoModelForSequenceClassification: AutoClass<SequenceClassifier> = autoClass(
  'AutoModelForSequenceClassification',
);
