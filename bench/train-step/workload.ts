import { setDefaultDevice, type Tensor, tensor } from 'qkv';
import { BertForMaskedLM, BertModel } from 'qkv/models';
import { CrossEntropyLoss, functional, Linear, Module, Parameter } from 'qkv/nn';
import { AdamW } from 'qkv/optim';
import { filledIntegers, initialWeights } from './fill.ts';
import type { Place } from './place.ts';

/** What bert-mini.ts says of a step, as options. */
export interface Workload extends Place {
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
  head: 'mean' | 'first' | 'words';
  /** Per cent of the words that are to be guessed. */
  labelled?: number;
  lora_rank?: number;
  lora_alpha?: number;
  /** How long each text is, `rows` texts to a batch; left out where there is no padding. */
  lengths?: number[];
}

/** The encoder under a linear classifier, of the mean over all positions or of the first. */
class Classifier extends Module {
  readonly bert: BertModel;
  readonly classifier: Linear;
  readonly #head: Workload['head'];
  readonly #loss = new CrossEntropyLoss();

  constructor(workload: Workload) {
    super();
    this.#head = workload.head;
    this.bert = new BertModel(withoutDropout(workload), { add_pooling_layer: false });
    this.classifier = new Linear(workload.hidden_size, workload.num_labels);
  }

  override forward({ labels, ...inputs }: Batch): Tensor {
    const read =
      this.#head === 'mean'
        ? this.bert.forward(inputs).last_hidden_state.mean(1)
        : this.bert.encode(inputs, { skip_padding: true }).first; // [B, C]
    return this.#loss.forward(this.classifier.forward(read), labels);
  }
}

/** The model of masked words as a step wants it: its loss. */
class MaskedWords extends BertForMaskedLM {
  constructor(workload: Workload) {
    super(withoutDropout(workload));
  }

  loss(batch: Batch): Tensor {
    return super.forward(batch).loss!;
  }
}

const withoutDropout = (workload: Workload) => ({
  ...workload,
  hidden_dropout_prob: 0,
  attention_probs_dropout_prob: 0,
});

/** A linear map that stays as it is, and a narrow one beside it that learns: W x + b + (alpha / rank) B A x. */
class LoraLinear extends Linear {
  readonly lora_A: Parameter;
  readonly lora_B: Parameter;
  readonly #scale: number;

  constructor(size: number, rank: number, alpha: number) {
    super(size, size);
    this.lora_A = new Parameter(tensor(new Float32Array(rank * size), { shape: [rank, size] }));
    this.lora_B = new Parameter(tensor(new Float32Array(size * rank), { shape: [size, rank] }));
    this.#scale = alpha / rank;
  }

  override forward(x: Tensor): Tensor {
    const narrow = functional.linear(functional.linear(x, this.lora_A, null), this.lora_B, null);
    return super.forward(x).add(narrow.mul(this.#scale));
  }
}

function adapt(bert: BertModel, { hidden_size, lora_rank, lora_alpha }: Workload): void {
  bert.freeze();
  for (const { attention } of bert.encoder.layer) {
    for (const name of ['query', 'value'] as const) {
      const adapted = new LoraLinear(hidden_size, lora_rank!, lora_alpha!);
      adapted.weight.requiresGrad = false;
      adapted.bias!.requiresGrad = false;
      Object.assign(attention.self, { [name]: adapted });
    }
  }
}

interface Batch {
  input_ids: Tensor;
  attention_mask?: Tensor;
  labels: Tensor;
}

/** A model ready to be trained as bert-mini.ts says. */
export interface Training {
  /** A batch of this many rows and tokens, without padding. */
  batch(rows: number, tokens: number): Batch;
  /** The workload's batches, to be taken in turns. */
  readonly batches: readonly Batch[];
  /** Forward, backward, AdamW; the loss. */
  step(batch: Batch): Promise<number>;
}

/** Builds the model, its optimizer and what feeds them. */
export function trainingOf(workload: Workload, threads: number): Training {
  const { runtime = 'ort', precision = 'float32', dynamic } = workload;
  setDefaultDevice('cpu', { threads, runtime, precision, dynamic });
  const model = workload.head === 'words' ? new MaskedWords(workload) : new Classifier(workload);
  if (workload.lora_rank) adapt(model.bert, workload);
  model.loadStateDict(
    new Map(
      Array.from(model.namedTensors(), ([name, { shape, size }]) => [
        name,
        { dtype: 'float32', shape, data: initialWeights(name, size) },
      ]),
    ),
  );
  const { lr, betas, eps, weight_decay } = workload;
  const trained = model.parameters().filter(({ requiresGrad }) => requiresGrad);
  const optimizer = new AdamW(trained, { lr, betas, eps, weight_decay });
  const batch = (rows: number, tokens: number) => batchOf(workload, `${rows}x${tokens}`, Array<number>(rows).fill(tokens));
  const { lengths, rows } = workload;
  const batches = lengths
    ? Array.from({ length: lengths.length / rows }, (_, i) =>
        batchOf(workload, `batch ${i}`, lengths.slice(i * rows, (i + 1) * rows)),
      )
    : [batch(rows, workload.tokens)];
  return {
    batch,
    batches,
    step: async (batch) => {
      const loss = model instanceof MaskedWords ? model.loss(batch) : model.forward(batch);
      loss.backward();
      await optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    },
  };
}

/** A batch of texts of these lengths, padded to the longest. */
function batchOf({ vocab_size, num_labels, labelled }: Workload, name: string, lengths: readonly number[]): Batch {
  const rows = lengths.length;
  const tokens = Math.max(...lengths);
  const shape = [rows, tokens];
  const mask = lengths.flatMap((length) => Array.from({ length: tokens }, (_, t) => (t < length ? 1 : 0)));
  const ids = filledIntegers(`input_ids ${name}`, rows * tokens, vocab_size).map((id, i) => id * mask[i]!);
  const chosen = labelled ? filledIntegers(`labelled ${name}`, rows * tokens, 100) : [];
  const labels = labelled
    ? ids.map((id, i) => (chosen[i]! < labelled && mask[i] ? id : -100))
    : filledIntegers(`labels ${name}`, rows, num_labels);
  return {
    input_ids: tensor(ids, { shape, dtype: 'int32' }),
    ...(mask.includes(0) && { attention_mask: tensor(mask, { shape, dtype: 'int32' }) }),
    labels: tensor(labels, { shape: labelled ? shape : [rows], dtype: 'int32' }),
  };
}
