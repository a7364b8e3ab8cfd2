import type { ConfigInput } from './config.ts';
import type { ModelClass } from './pretrained.ts';

/** A family's classes by what Hugging Face's auto classes are called. */
export interface ModelFamily {
  /** As in `config.json`. */
  readonly model_type: string;
  /** A config with the family's defaults. */
  readonly config: (input: ConfigInput) => object;
  readonly AutoModel?: ModelClass;
  readonly AutoModelForMaskedLM?: ModelClass;
  readonly AutoModelForSequenceClassification?: ModelClass;
}

/** The auto classes. */
export type AutoName = Exclude<keyof ModelFamily, 'model_type' | 'config'>;

/** Declares a family: the one place that says which class stands behind which auto class. */
/*@__NO_SIDE_EFFECTS__*/
export function defineModel<const F extends ModelFamily>(family: F): F {
  return family;
}
