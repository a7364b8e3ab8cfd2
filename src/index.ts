/**
 * The short list that most people need. Every folder has a door of its own for the rest: `qkv/nn`, `qkv/optim`,
 * `qkv/tensor`, `qkv/models`, `qkv/tokenizers`, `qkv/datasets`, `qkv/metrics`, `qkv/trainer`, `qkv/pipelines`, …
 */
export {
  ConfigError,
  DataError,
  DisposedError,
  type DType,
  DTypeError,
  MissingFileError,
  MissingWeightError,
  QkvError,
  ShapeError,
  UnsupportedError,
} from './core/index.ts';
export { DataCollatorWithPadding, DataLoader, Dataset, DatasetDict, load_dataset, splitByContent } from './data/index.ts';
export { accuracy, confusionMatrix, precisionRecallF1 } from './metrics/index.ts';
export {
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForSequenceClassification,
  BertForMaskedLM,
  BertForSequenceClassification,
  BertModel,
} from './models/index.ts';
export { CrossEntropyLoss, Dropout, Embedding, LayerNorm, Linear, Module, Parameter, Sequential } from './nn/index.ts';
export {
  Adafactor,
  Adagrad,
  Adam,
  AdamW,
  clipGradNorm,
  clipGradValue,
  ExponentialMovingAverage,
  get_scheduler,
  Lion,
  RMSprop,
  SGD,
} from './optim/index.ts';
export { pipeline } from './pipelines/index.ts';
export { progress } from './progress/index.ts';
export {
  arange,
  checkpoint,
  clearCache,
  compile,
  concat,
  type Device,
  type Difference,
  einsum,
  evaluate,
  firstDifference,
  full,
  grad,
  hessianVectorProduct,
  jacobian,
  jvp,
  manualSeed,
  memory,
  noGrad,
  ones,
  type Placement,
  type Precision,
  peek,
  rand,
  randn,
  setDefaultDevice,
  stack,
  Tensor,
  tensor,
  valueAndGrad,
  vjp,
  where,
  zeros,
} from './tensor/index.ts';
export { AutoTokenizer } from './tokenizers/index.ts';
export { Trainer, type TrainingArguments } from './trainer/index.ts';
