import { gpt2 } from './decode/gpt2.ts';
import { type Case, defineQuestion, type Side } from './harness/question.ts';

const script = 'decode/hf_generate.py';
const float: Side = { name: 'Hugging Face generate, float32', script };
const bf16: Side = { name: 'Hugging Face generate, bf16', script, options: { precision: 'bfloat16' } };
const ours = (name: string, options: Side['options'] = {}): Side => ({ name, script: 'decode/gpt2-decode.ts', options });
const quantized = (dtype: 'int8' | 'int4', peers: readonly Side[]): Case => ({
  name: `GPT-2 small, ${dtype}`,
  unit: 'ms',
  options: gpt2,
  // The group size of published 4-bit checkpoints (GPTQ's and AWQ's default).
  ours: ours(`qkv, ${dtype}`, { quantization: { dtype, group_size: 128 } }),
  peers,
});

/** How long a token takes, against Hugging Face's `generate`. */
export const decode = defineQuestion({
  name: 'decode',
  asks: 'How long does greedy decoding take per token (GPT-2 small, batch 1, 128 new tokens)?',
  rounds: 5,
  cases: [
    // The tokens must be the same ones.
    { name: 'GPT-2 small, float32', unit: 'ms', options: gpt2, ours: ours('qkv'), peers: [{ ...float, agreesWithin: 0 }] },
    quantized('int8', [float]),
    quantized('int4', [float]),
    {
      name: 'GPT-2 small, bf16',
      unit: 'ms',
      options: gpt2,
      ours: ours('qkv, bf16', { runtime: 'openvino', precision: 'bfloat16' }),
      peers: [bf16, float],
    },
  ],
});
