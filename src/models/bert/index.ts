import { defineModel } from '../define-model.ts';
import { BertForMaskedLM, BertForSequenceClassification, BertModel } from './bert.ts';
import { bertConfig } from './config.ts';

export * from './bert.ts';
export * from './config.ts';

/** The family as the auto classes know it: the only place that registers it. */
export const bert = defineModel({
  model_type: 'bert',
  config: bertConfig,
  AutoModel: BertModel,
  AutoModelForMaskedLM: BertForMaskedLM,
  AutoModelForSequenceClassification: BertForSequenceClassification,
});
