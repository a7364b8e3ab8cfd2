// qkv's side of gpt.ts, which says what a step is.
import { Embedding, functional, LayerNorm, Linear, Module, type Parameter } from '../../src/nn/index.ts';
import { AdamW, clipGradNorm } from '../../src/optim/index.ts';
import { setDefaultDevice, type Tensor, tensor } from '../../src/tensor/index.ts';
import { serve, timed } from '../harness/serve.ts';
import { filled, filledIntegers } from './fill.ts';
import type { nanoGpt } from './gpt.ts';
import { type Place, runtimeVersion } from './place.ts';

type Config = typeof nanoGpt;

class CausalSelfAttention extends Module {
  readonly c_attn: Linear;
  readonly c_proj: Linear;
  readonly #heads: number;

  constructor({ n_embd, n_head }: Config) {
    super();
    this.c_attn = new Linear(n_embd, 3 * n_embd, { bias: false });
    this.c_proj = new Linear(n_embd, n_embd, { bias: false });
    this.#heads = n_head;
  }

  override forward(x: Tensor): Tensor {
    const [B, T, C] = x.shape as [number, number, number];
    const [q, k, v] = this.c_attn
      .forward(x)
      .split([C, C, C], 2)
      .map((part) => part.reshape(B, T, this.#heads, -1).transpose(1, 2)) as [Tensor, Tensor, Tensor]; // [B, H, T, D]
    const y = functional.scaledDotProductAttention(q, k, v, { is_causal: true }); // [B, H, T, D]
    return this.c_proj.forward(y.transpose(1, 2).reshape(B, T, C));
  }
}

class MLP extends Module {
  readonly c_fc: Linear;
  readonly c_proj: Linear;

  constructor({ n_embd }: Config) {
    super();
    this.c_fc = new Linear(n_embd, 4 * n_embd, { bias: false });
    this.c_proj = new Linear(4 * n_embd, n_embd, { bias: false });
  }

  override forward(x: Tensor): Tensor {
    return this.c_proj.forward(this.c_fc.forward(x).gelu());
  }
}

class Block extends Module {
  readonly ln_1: LayerNorm;
  readonly attn: CausalSelfAttention;
  readonly ln_2: LayerNorm;
  readonly mlp: MLP;

  constructor(config: Config) {
    super();
    this.ln_1 = new LayerNorm(config.n_embd, { bias: false });
    this.attn = new CausalSelfAttention(config);
    this.ln_2 = new LayerNorm(config.n_embd, { bias: false });
    this.mlp = new MLP(config);
  }

  override forward(x: Tensor): Tensor {
    const attended = x.add(this.attn.forward(this.ln_1.forward(x)));
    return attended.add(this.mlp.forward(this.ln_2.forward(attended)));
  }
}

class GPT extends Module {
  readonly wte: Embedding;
  readonly wpe: Embedding;
  readonly h: readonly Block[];
  readonly ln_f: LayerNorm;

  constructor(config: Config) {
    super();
    this.wte = new Embedding(config.vocab_size, config.n_embd);
    this.wpe = new Embedding(config.block_size, config.n_embd);
    this.h = Array.from({ length: config.n_layer }, () => new Block(config));
    this.ln_f = new LayerNorm(config.n_embd, { bias: false });
  }

  override forward(idx: Tensor, targets: Tensor): Tensor {
    const T = idx.shape[1]!;
    let x = this.wte.forward(idx).add(this.wpe.weight.slice(0, 0, T)); // [B, T, C]
    for (const block of this.h) x = block.forward(x);
    const logits = functional.linear(this.ln_f.forward(x), this.wte.weight, null); // [B, T, V]
    return functional.crossEntropy(logits.reshape(-1, logits.shape.at(-1)!), targets.reshape(-1));
  }
}

/** Matrices with a deviation of 0.02, those that end a residual branch smaller; LayerNorm weights 1. */
function initialize(model: GPT, { n_layer }: Config): void {
  for (const [name, parameter] of model.namedParameters()) {
    const scale = Math.fround((0.02 * Math.sqrt(3)) / (name.endsWith('c_proj.weight') ? Math.sqrt(2 * n_layer) : 1));
    const { rank, size } = parameter;
    parameter.load(rank === 1 ? new Float32Array(size).fill(1) : filled(name, size).map((x) => x * scale));
  }
}

await serve<Config & Place>(async (config, threads) => {
  const { runtime = 'ort', precision = 'float32', dynamic } = config;
  setDefaultDevice('cpu', { threads, runtime, precision, dynamic });
  const { block_size, batch_size, vocab_size, lr, betas, eps, weight_decay, grad_clip } = config;
  const model = new GPT(config);
  initialize(model, config);
  const parameters = model.parameters();
  const isMatrix = ({ rank }: Parameter) => rank > 1;
  const groups = [
    { params: parameters.filter(isMatrix), weight_decay },
    { params: parameters.filter((parameter) => !isMatrix(parameter)), weight_decay: 0 },
  ];
  const optimizer = new AdamW(groups, { lr, betas: betas as [number, number], eps });
  const tokens = (name: string) =>
    tensor(filledIntegers(name, batch_size * block_size, vocab_size), { shape: [batch_size, block_size], dtype: 'int32' });
  const [idx, targets] = [tokens('idx'), tokens('targets')];
  const step = async () => {
    const loss = model.forward(idx, targets);
    loss.backward();
    clipGradNorm(parameters, grad_clip);
    await optimizer.step();
    optimizer.zeroGrad();
    return loss.item();
  };
  const check = [await step(), await step(), await step()];
  return {
    versions: await runtimeVersion(threads, { runtime, precision }),
    check,
    run: () => timed(config.steps_per_turn, step),
  };
});
