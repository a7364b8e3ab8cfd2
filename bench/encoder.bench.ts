import { bertBase } from './encoder/bert-base.ts';
import { defineQuestion, type Side } from './harness/question.ts';

const eager: Side = { name: 'PyTorch eager', script: 'encoder/torch_bert.py', agreesWithin: 1e-3 };
const rivals: Side[] = [
  eager,
  { ...eager, name: 'PyTorch torch.compile', options: { compile: true } },
  { name: 'PyTorch bf16 autocast', script: eager.script, options: { autocast: 'bfloat16' } },
];
const loose = rivals.map(({ agreesWithin: _, ...rival }): Side => rival);
const ours: Side = { name: 'qkv', script: 'encoder/bert-encode.ts' };
const bf16: Side = { ...ours, name: 'qkv, bf16', options: { runtime: 'openvino', precision: 'bfloat16' } };
const openvino: Side = { ...ours, name: 'qkv on openvino', options: { runtime: 'openvino' }, agreesWithin: 1e-3 };
const int8: Side = { ...ours, name: 'qkv, int8', options: { quantization: { dtype: 'int8' } } };

/** How long an encoder takes forward, against PyTorch. */
export const encoder = defineQuestion({
  name: 'encoder',
  asks: 'How long does the encoder of BERT-base take for texts of 128 tokens?',
  rounds: 6,
  cases: [8, 1].flatMap((texts) => {
    const options = { ...bertBase, texts };
    return [
      { name: `${texts} × 128, float32`, unit: 'ms' as const, options, ours, peers: [...rivals, openvino] },
      // Against each way in which PyTorch computes: the faster of them is the one to beat.
      { name: `${texts} × 128, bf16`, unit: 'ms' as const, options, ours: bf16, peers: loose },
      { name: `${texts} × 128, int8`, unit: 'ms' as const, options, ours: int8, peers: loose },
    ];
  }),
});
