// qkv's side of bert-base.ts, which says what is computed.
import { BertModel } from '../../src/models/index.ts';
import { quantize } from '../../src/nn/index.ts';
import { compile, noGrad, setDefaultDevice, type Tensor, tensor } from '../../src/tensor/index.ts';
import { serve, timed } from '../harness/serve.ts';
import { filledIntegers, initialWeights } from '../train-step/fill.ts';
import { runtimeVersion } from '../train-step/place.ts';
import type { bertBase } from './bert-base.ts';

interface Encoding {
  readonly texts: number;
  readonly runtime?: string;
  readonly precision?: 'float32' | 'bfloat16';
  readonly quantization?: { readonly dtype: 'int8' | 'int4' };
}

await serve<typeof bertBase & Encoding>(async (config, threads) => {
  const { texts, length, runtime = 'ort', precision = 'float32', quantization } = config;
  setDefaultDevice('cpu', { threads, runtime, precision });
  const { vocab_size, hidden_size, num_hidden_layers, num_attention_heads, intermediate_size } = config;
  const sizes = { vocab_size, hidden_size, num_hidden_layers, num_attention_heads, intermediate_size };
  const model = new BertModel(sizes, { add_pooling_layer: false });
  for (const [name, parameter] of model.namedParameters()) parameter.load(initialWeights(name, parameter.size));
  model.eval();
  if (quantization) await quantize(model, quantization);
  const encode = compile((input_ids: Tensor) => noGrad(() => model.forward({ input_ids }).last_hidden_state), {
    freeze: true,
    dynamic: false,
  });
  const ids = filledIntegers('input_ids', texts * length, vocab_size);
  const input_ids = tensor(ids, { shape: [texts, length], dtype: 'int32' });
  const run = async () => (await encode(input_ids)).dispose();
  const states = await (await encode(input_ids)).data();
  return {
    versions: await runtimeVersion(threads, { runtime, precision }),
    check: Array.from(states.slice(0, config.checked), Number),
    run: () => timed(config.runs_per_turn, run),
  };
});
