// qkv's side of lstm.ts, which says what a step is.
import { CrossEntropyLoss, Embedding, Linear, LSTM, Module } from '../../src/nn/index.ts';
import { AdamW } from '../../src/optim/index.ts';
import { setDefaultDevice, type Tensor, tensor } from '../../src/tensor/index.ts';
import { serve, timed } from '../harness/serve.ts';
import { filledIntegers, initialWeights } from './fill.ts';
import { type Place, runtimeVersion } from './place.ts';

interface Sizes {
  vocab_size: number;
  hidden_size: number;
  num_layers: number;
  rows: number;
  tokens: number;
  lr: number;
  betas: [number, number];
  eps: number;
  weight_decay: number;
  steps_per_turn: number;
}

class Model extends Module {
  readonly embedding: Embedding;
  readonly lstm: LSTM;
  readonly head: Linear;
  readonly #loss = new CrossEntropyLoss();

  constructor({ vocab_size, hidden_size, num_layers }: Sizes) {
    super();
    this.embedding = new Embedding(vocab_size, hidden_size);
    this.lstm = new LSTM(hidden_size, hidden_size, { num_layers, batch_first: true });
    this.head = new Linear(hidden_size, vocab_size);
  }

  override forward(ids: Tensor, labels: Tensor): Tensor {
    const [y] = this.lstm.forward(this.embedding.forward(ids));
    return this.#loss.forward(this.head.forward(y.reshape(-1, y.shape[2]!)), labels.reshape(-1));
  }
}

await serve<Sizes & Place>(async (sizes, threads) => {
  const { runtime = 'ort', precision = 'float32', dynamic } = sizes;
  setDefaultDevice('cpu', { threads, runtime, precision, dynamic });
  const model = new Model(sizes);
  model.loadStateDict(
    new Map(
      Array.from(model.namedTensors(), ([name, { shape, size }]) => [
        name,
        { dtype: 'float32', shape, data: initialWeights(name, size) },
      ]),
    ),
  );
  const { vocab_size, rows, tokens, lr, betas, eps, weight_decay, steps_per_turn } = sizes;
  const optimizer = new AdamW(model.parameters(), { lr, betas, eps, weight_decay });
  const bytes = (name: string) =>
    tensor(filledIntegers(name, rows * tokens, vocab_size), { shape: [rows, tokens], dtype: 'int32' });
  const [ids, labels] = [bytes('ids'), bytes('labels')];
  const step = async () => {
    const loss = model.forward(ids, labels);
    loss.backward();
    await optimizer.step();
    optimizer.zeroGrad();
    return loss.item();
  };
  const check = [await step(), await step(), await step()];
  return { versions: await runtimeVersion(threads, { runtime, precision }), check, run: () => timed(steps_per_turn, step) };
});
