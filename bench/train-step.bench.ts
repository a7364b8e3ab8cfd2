import { defineQuestion, type Side } from './harness/question.ts';
import { bertMini, firstToken, lora, maskedWords } from './train-step/bert-mini.ts';
import { asTheyCome } from './train-step/lengths.ts';

const eager: Side = { name: 'PyTorch eager', script: 'train-step/torch_step.py', agreesWithin: 1e-4 };
const compiled: Side = { ...eager, name: 'PyTorch torch.compile', options: { compile: true } };
// bfloat16 has 8 bits of mantissa, so its losses are only near.
const autocast: Side = { ...eager, name: 'PyTorch bf16 autocast', options: { autocast: 'bfloat16' }, agreesWithin: 2e-2 };
// The step's matrix products and nothing else: the ratio is the share of this floor that qkv reaches.
const ourProducts: Side = { name: "floor: the step's products on qkv's runtime", script: 'train-step/products.ts' };
const torchProducts: Side = { name: "floor: the step's products in PyTorch", script: 'train-step/torch_products.py' };

const ours: Side = { name: 'qkv', script: 'train-step/qkv-step.ts' };
const openvino: Side = { ...ours, name: 'qkv on openvino', options: { runtime: 'openvino' }, agreesWithin: 1e-4 };
const bf16: Side = { ...ours, name: 'qkv, bf16', options: { runtime: 'openvino', precision: 'bfloat16' } };
const rivals = [eager, compiled, autocast];
// The check is of three different batches; Adam turns gradients that are nothing but rounding (a key's bias) into whole steps.
const rivalsOnBatches = rivals.map((rival) => ({ ...rival, agreesWithin: Math.max(1e-3, rival.agreesWithin!) }));

/** How long a training step takes, against PyTorch and against the matrix products in it. */
export const trainStep = defineQuestion({
  name: 'train-step',
  asks: 'How long does one training step of BERT-mini take (forward, backward, AdamW; 32 texts)?',
  rounds: 12,
  cases: [
    {
      name: 'BERT-mini float32',
      unit: 'ms',
      options: bertMini,
      ours,
      peers: [...rivals, openvino, ourProducts, torchProducts],
    },
    { name: 'first token read', unit: 'ms', options: firstToken, ours, peers: rivals },
    { name: 'masked words, 30,522', unit: 'ms', options: maskedWords, ours, peers: rivals },
    ...asTheyCome().map((options) => ({
      name: `batches of ${options.data}`,
      unit: 'ms' as const,
      options,
      ours,
      peers: rivalsOnBatches,
    })),
    { name: 'LoRA rank 8', unit: 'ms', options: lora, ours, peers: rivals },
    // Against each way in which PyTorch trains, in bf16: the faster of them is the one to beat.
    ...[
      { name: 'BERT-mini', options: bertMini },
      { name: 'first token read', options: firstToken },
      { name: 'masked words, 30,522', options: maskedWords },
      ...asTheyCome().map((options) => ({ name: `batches of ${options.data}`, options })),
    ].map(({ name, options }) => ({
      name: `${name}, bf16`,
      unit: 'ms' as const,
      options,
      ours: bf16,
      peers: rivals.map((rival) => ({ ...rival, agreesWithin: 2e-2 })),
    })),
  ],
});
