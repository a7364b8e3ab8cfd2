import { BertModel } from '../../src/models/bert/index.ts';
import { CrossEntropyLoss, Linear, Module } from '../../src/nn/index.ts';
import { AdamW } from '../../src/optim/index.ts';
import { openRuntime } from '../../src/runtime/index.ts';
import { setDefaultDevice, type Tensor, tensor } from '../../src/tensor/index.ts';
import { filledIntegers, initialWeights } from './fill.ts';

/** What bert-mini.ts says of a step, as options. */
export interface Workload {
  vocab_size: number;
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  intermediate_size: number;
  max_position_embeddings: number;
  type_vocab_size: number;
  layer_norm_eps: number;
  num_labels: number;
  rows: number;
  tokens: number;
  lr: number;
  betas: [number, number];
  eps: number;
  weight_decay: number;
  steps_per_turn: number;
}

/** The encoder under a linear classifier of the mean over all positions. */
class MeanClassifier extends Module {
  readonly bert: BertModel;
  readonly classifier: Linear;
  readonly #loss = new CrossEntropyLoss();

  constructor(workload: Workload) {
    super();
    this.bert = new BertModel(
      { ...workload, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
      { add_pooling_layer: false },
    );
    this.classifier = new Linear(workload.hidden_size, workload.num_labels);
  }

  override forward({ input_ids, labels }: Batch): Tensor {
    const { last_hidden_state } = this.bert.forward({ input_ids }); // [B, T, C]
    return this.#loss.forward(this.classifier.forward(last_hidden_state.mean(1)), labels);
  }
}

interface Batch {
  input_ids: Tensor;
  labels: Tensor;
}

/** A model ready to be trained as bert-mini.ts says. */
export interface Training {
  readonly versions: Readonly<Record<string, string>>;
  /** A batch of this many rows and tokens. */
  batch(rows: number, tokens: number): Batch;
  /** Forward, backward, AdamW; the loss. */
  step(batch: Batch): Promise<number>;
}

/** Builds the model, its optimizer and what feeds them. */
export async function trainingOf(workload: Workload, threads: number): Promise<Training> {
  setDefaultDevice('cpu', { threads });
  const runtime = await openRuntime({ device: 'cpu', threads });
  const model = new MeanClassifier(workload);
  model.loadStateDict(
    new Map(
      Array.from(model.namedTensors(), ([name, { shape, size }]) => [
        name,
        { dtype: 'float32', shape, data: initialWeights(name, size) },
      ]),
    ),
  );
  const { lr, betas, eps, weight_decay } = workload;
  const optimizer = new AdamW(model.parameters(), { lr, betas, eps, weight_decay });
  return {
    versions: { [runtime.name]: runtime.version },
    batch: (rows, tokens) => ({
      input_ids: tensor(filledIntegers('input_ids', rows * tokens, workload.vocab_size), {
        shape: [rows, tokens],
        dtype: 'int32',
      }),
      labels: tensor(filledIntegers('labels', rows, workload.num_labels), { dtype: 'int32' }),
    }),
    step: async (batch) => {
      const loss = model.forward(batch);
      loss.backward();
      await optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    },
  };
}
