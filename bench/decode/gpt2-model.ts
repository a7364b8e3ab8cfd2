// GPT-2 as a user would write it, with a cache of keys and values; what gpt2-decode.ts runs.
import type { LayerStates } from '../../src/generation/index.ts';
import { Embedding, functional, GELU, LayerNorm, Linear, Module } from '../../src/nn/index.ts';
import type { Tensor } from '../../src/tensor/index.ts';

/** The shape of a GPT-2, by the names of Hugging Face's config. */
export interface GPT2Config {
  readonly vocab_size: number;
  readonly n_positions: number;
  readonly n_embd: number;
  readonly n_layer: number;
  readonly n_head: number;
  readonly layer_norm_epsilon: number;
  /** Default `gelu`, the exact one; published checkpoints have `gelu_new`. */
  readonly activation_function?: 'gelu' | 'gelu_new';
}
type Context = { readonly past: LayerStates; readonly mask: Tensor };

class GPT2Attention extends Module {
  readonly c_attn: Linear;
  readonly c_proj: Linear;
  readonly #heads: number;

  constructor({ n_embd, n_head }: GPT2Config) {
    super();
    this.c_attn = new Linear(n_embd, 3 * n_embd);
    this.c_proj = new Linear(n_embd, n_embd);
    this.#heads = n_head;
  }

  override forward(x: Tensor, { past, mask }: Context): { y: Tensor; states: LayerStates } {
    const [B, T, C] = x.shape as [number, number, number];
    const [q, key, value] = this.c_attn
      .forward(x)
      .split([C, C, C], 2)
      .map((part) => part.reshape(B, T, this.#heads, -1).transpose(1, 2)) as [Tensor, Tensor, Tensor]; // [B, H, T, D]
    const mixed = functional.scaledDotProductAttention(q, key, value, { is_causal: true, past: { ...past, attn_mask: mask } });
    return { y: this.c_proj.forward(mixed.transpose(1, 2).reshape(B, T, C)), states: { key, value } };
  }
}

class GPT2MLP extends Module {
  readonly c_fc: Linear;
  readonly c_proj: Linear;
  readonly act: GELU;

  constructor({ n_embd, activation_function }: GPT2Config) {
    super();
    this.act = new GELU({ approximate: activation_function === 'gelu_new' ? 'tanh' : 'none' });
    this.c_fc = new Linear(n_embd, 4 * n_embd);
    this.c_proj = new Linear(4 * n_embd, n_embd);
  }

  override forward(x: Tensor): Tensor {
    return this.c_proj.forward(this.act.forward(this.c_fc.forward(x)));
  }
}

class GPT2Block extends Module {
  readonly ln_1: LayerNorm;
  readonly attn: GPT2Attention;
  readonly ln_2: LayerNorm;
  readonly mlp: GPT2MLP;

  constructor(config: GPT2Config) {
    super();
    const eps = config.layer_norm_epsilon;
    this.ln_1 = new LayerNorm(config.n_embd, { eps });
    this.attn = new GPT2Attention(config);
    this.ln_2 = new LayerNorm(config.n_embd, { eps });
    this.mlp = new GPT2MLP(config);
  }

  override forward(x: Tensor, context: Context): { y: Tensor; states: LayerStates } {
    const { y, states } = this.attn.forward(this.ln_1.forward(x), context);
    const attended = x.add(y);
    return { y: attended.add(this.mlp.forward(this.ln_2.forward(attended))), states };
  }
}

/** The network with its output layer, which shares the table of the words. */
export class GPT2 extends Module {
  readonly wte: Embedding;
  readonly wpe: Embedding;
  readonly h: readonly GPT2Block[];
  readonly ln_f: LayerNorm;
  readonly lm_head: Linear;
  readonly config: GPT2Config;

  constructor(config: GPT2Config) {
    super();
    this.config = config;
    this.wte = new Embedding(config.vocab_size, config.n_embd);
    this.wpe = new Embedding(config.n_positions, config.n_embd);
    this.h = Array.from({ length: config.n_layer }, () => new GPT2Block(config));
    this.ln_f = new LayerNorm(config.n_embd, { eps: config.layer_norm_epsilon });
    this.lm_head = new Linear(config.n_embd, config.vocab_size, { bias: false });
    Object.assign(this.lm_head, { weight: this.wte.weight });
  }

  /** The last layer's hidden states `[B, T, C]` before the output layer, and all layers' keys and values. */
  hidden(input_ids: Tensor, positions: Tensor, mask: Tensor, past: readonly LayerStates[]) {
    let x = this.wte.forward(input_ids).add(this.wpe.forward(positions)); // [B, T, C]
    const states: LayerStates[] = [];
    for (const [i, block] of this.h.entries()) {
      const out = block.forward(x, { past: past[i]!, mask });
      x = out.y;
      states.push(out.states);
    }
    return { x, states };
  }

  /** `[B, T, C]` → `[B, T, V]` */
  logits(x: Tensor): Tensor {
    return this.lm_head.forward(this.ln_f.forward(x));
  }

  /** The most probable next token of each text, `[B, 1]`, and the layers' states. */
  override forward(input_ids: Tensor, positions: Tensor, mask: Tensor, past: readonly LayerStates[]) {
    const { x, states } = this.hidden(input_ids, positions, mask, past);
    const T = x.shape[1]!;
    return { next: this.logits(x.slice(1, T - 1, T)).argmax(-1), states };
  }
}
