// qkv's side of gpt2.ts, which says what is decoded.
import { KeyValueCache } from '../../src/generation/index.ts';
import { quantize } from '../../src/nn/index.ts';
import { compile, noGrad, setDefaultDevice, type Tensor, tensor } from '../../src/tensor/index.ts';
import { serve } from '../harness/serve.ts';
import { filled, filledIntegers } from '../train-step/fill.ts';
import { runtimeVersion } from '../train-step/place.ts';
import type { Decoding, gpt2 } from './gpt2.ts';
import { GPT2 } from './gpt2-model.ts';

function initialize(model: GPT2): void {
  for (const [name, parameter] of model.namedParameters()) {
    const { rank, size } = parameter;
    const scale = Math.fround(0.02 * Math.sqrt(3));
    if (rank > 1) parameter.load(filled(name, size).map((x) => x * scale));
    else parameter.load(new Float32Array(size).fill(name.endsWith('weight') ? 1 : 0));
  }
}

await serve<typeof gpt2 & Decoding>(async (config, threads) => {
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
    { freeze: true, dynamic: false },
  );
  const prompt = BigInt64Array.from(filledIntegers('prompt', config.prompt_length, config.vocab_size), BigInt);

  const generate = async (max_new_tokens: number): Promise<number[]> => {
    const cache = await KeyValueCache.create({
      num_hidden_layers: n_layer,
      num_key_value_heads: n_head,
      head_dim: n_embd / n_head,
      max_cache_len: config.prompt_length + config.max_new_tokens,
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
