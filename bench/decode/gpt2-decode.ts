// qkv's side of gpt2.ts, which says what is decoded: GPT-2 as a user would write it, with a cache of keys and values.
import { KeyValueCache, type LayerStates } from '../../src/generation/index.ts';
import { Embedding, functional, LayerNorm, Linear, Module, quantize } from '../../src/nn/index.ts';
import { compile, noGrad, setDefaultDevice, type Tensor, tensor } from '../../src/tensor/index.ts';
import { serve } from '../harness/serve.ts';
import { filled, filledIntegers } from '../train-step/fill.ts';
import { runtimeVersion } from '../train-step/versions.ts';
import type { Decoding, gpt2 } from './gpt2.ts';

type Config = typeof gpt2;
type Context = { readonly past: LayerStates; readonly mask: Tensor };

class GPT2Attention extends Module {
  readonly c_attn: Linear;
  readonly c_proj: Linear;
  readonly #heads: number;

  constructor({ n_embd, n_head }: Config) {
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

  constructor({ n_embd }: Config) {
    super();
    this.c_fc = new Linear(n_embd, 4 * n_embd);
    this.c_proj = new Linear(4 * n_embd, n_embd);
  }

  override forward(x: Tensor): Tensor {
    return this.c_proj.forward(this.c_fc.forward(x).gelu());
  }
}

class GPT2Block extends Module {
  readonly ln_1: LayerNorm;
  readonly attn: GPT2Attention;
  readonly ln_2: LayerNorm;
  readonly mlp: GPT2MLP;

  constructor(config: Config) {
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

class GPT2 extends Module {
  readonly wte: Embedding;
  readonly wpe: Embedding;
  readonly h: readonly GPT2Block[];
  readonly ln_f: LayerNorm;
  readonly lm_head: Linear;

  constructor(config: Config) {
    super();
    this.wte = new Embedding(config.vocab_size, config.n_embd);
    this.wpe = new Embedding(config.n_positions, config.n_embd);
    this.h = Array.from({ length: config.n_layer }, () => new GPT2Block(config));
    this.ln_f = new LayerNorm(config.n_embd, { eps: config.layer_norm_epsilon });
    this.lm_head = new Linear(config.n_embd, config.vocab_size, { bias: false });
    Object.assign(this.lm_head, { weight: this.wte.weight });
  }

  /** The most probable next token of each text, `[B, 1]`, and the layers' states. */
  override forward(input_ids: Tensor, positions: Tensor, mask: Tensor, past: readonly LayerStates[]) {
    let x = this.wte.forward(input_ids).add(this.wpe.forward(positions)); // [B, T, C]
    const states: LayerStates[] = [];
    for (const [i, block] of this.h.entries()) {
      const out = block.forward(x, { past: past[i]!, mask });
      x = out.y;
      states.push(out.states);
    }
    const T = x.shape[1]!;
    const logits = this.lm_head.forward(this.ln_f.forward(x.slice(1, T - 1, T))); // [B, 1, V]
    return { next: logits.argmax(-1), states };
  }
}

function initialize(model: GPT2): void {
  for (const [name, parameter] of model.namedParameters()) {
    const { rank, size } = parameter;
    const scale = Math.fround(0.02 * Math.sqrt(3));
    if (rank > 1) parameter.load(filled(name, size).map((x) => x * scale));
    else parameter.load(new Float32Array(size).fill(name.endsWith('weight') ? 1 : 0));
  }
}

await serve<Config & Decoding>(async (config, threads) => {
  const { runtime = 'ort', precision = 'float32', quantization, n_layer, n_head, n_embd } = config;
  setDefaultDevice('cpu', { threads, runtime, precision });
  const model = new GPT2(config);
  initialize(model);
  model.eval();
  if (quantization) await quantize(model, quantization);
  const step = compile(
    (input_ids: Tensor, positions: Tensor, mask: Tensor, ...parts: Tensor[]) => {
      const past = Array.from({ length: n_layer }, (_, i) => ({ key: parts[2 * i]!, value: parts[2 * i + 1]! }));
      const { next, states } = noGrad(() => model.forward(input_ids, positions, mask, past));
      return [next, ...states.flatMap(({ key, value }) => [key, value])];
    },
    { freeze: true },
  );
  const prompt = BigInt64Array.from(filledIntegers('prompt', config.prompt_length, config.vocab_size), BigInt);

  const generate = async (max_new_tokens: number): Promise<number[]> => {
    const cache = await KeyValueCache.create({
      num_hidden_layers: n_layer,
      num_key_value_heads: n_head,
      head_dim: n_embd / n_head,
    });
    const written: number[] = [];
    let input_ids = tensor(prompt, { shape: [1, prompt.length] });
    while (written.length < max_new_tokens) {
      const positions = tensor(BigInt64Array.from({ length: input_ids.shape[1]! }, (_, t) => BigInt(cache.length + t)));
      const past = cache.layers.flatMap(({ key, value }) => [key, value]);
      const [next, ...parts] = (await step(input_ids, positions, cache.mask(), ...past)) as [Tensor, ...Tensor[]];
      await cache.append(Array.from({ length: n_layer }, (_, i) => ({ key: parts[2 * i]!, value: parts[2 * i + 1]! })));
      input_ids.dispose();
      input_ids = next;
      written.push(await next.item());
    }
    input_ids.dispose();
    cache.dispose();
    return written;
  };

  const check = await generate(config.checked_tokens);
  return {
    versions: await runtimeVersion(threads, { runtime, precision }),
    check,
    run: async () => {
      await generate(2);
      const start = performance.now();
      await generate(config.max_new_tokens);
      return (performance.now() - start) / config.max_new_tokens;
    },
  };
});
