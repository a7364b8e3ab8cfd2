import { type Case, defineQuestion, type Side } from './harness/question.ts';
import { bertMini, lora } from './train-step/bert-mini.ts';
import { cnn } from './train-step/cnn.ts';
import { nanoGpt } from './train-step/gpt.ts';
import { lstm } from './train-step/lstm.ts';
import { vit } from './train-step/vit.ts';
import { workloads } from './train-step/workloads.ts';

const eager: Side = { name: 'PyTorch eager', script: 'train-step/torch_step.py', agreesWithin: 1e-4 };
const compiled: Side = { ...eager, name: 'PyTorch torch.compile', options: { compile: true } };
// bfloat16 has 8 bits of mantissa, so its losses are only near.
const autocast: Side = { ...eager, name: 'PyTorch bf16 autocast', options: { autocast: 'bfloat16' }, agreesWithin: 2e-2 };
// The step's matrix products and nothing else: the ratio is the share of this floor that qkv reaches.
const ourProducts: Side = { name: "floor: the step's products on qkv's runtime", script: 'train-step/products.ts' };
const torchProducts: Side = { name: "floor: the step's products in PyTorch", script: 'train-step/torch_products.py' };

/** Ours for batches of one shape, of which the runtime is told. */
const ofOneShape = (script: string): Side => ({ name: 'qkv', script, options: { dynamic: false } });
const onOpenVino = (side: Side): Side => ({
  ...side,
  name: 'qkv on openvino',
  options: { ...side.options, runtime: 'openvino' },
});
const narrowed = (side: Side): Side => ({
  ...side,
  name: 'qkv, bf16',
  options: { ...side.options, runtime: 'openvino', precision: 'bfloat16' },
});
const bertScript = 'train-step/qkv-step.ts';
/** Ours of a workload: batches as they come are ever new lengths. */
const ourBert = ({ lengths }: { readonly lengths?: unknown }): Side =>
  lengths ? { name: 'qkv', script: bertScript } : ofOneShape(bertScript);
const rivals = [eager, compiled, autocast];
// The check is of three different batches; Adam turns gradients that are nothing but rounding (a key's bias) into whole steps.
const rivalsOnBatches = rivals.map((rival) => ({ ...rival, agreesWithin: Math.max(1e-3, rival.agreesWithin!) }));

const ourLstm = ofOneShape('train-step/lstm-step.ts');
const lstmRivals: Side[] = [eager, compiled].map((rival) => ({ ...rival, script: 'train-step/torch_lstm.py' }));
const ourGpt = ofOneShape('train-step/gpt-step.ts');
const gptRivals: Side[] = [eager, compiled].map((rival) => ({ ...rival, script: 'train-step/gpt_step.py' }));
const ourCnn = ofOneShape('train-step/cnn-step.ts');
const eagerCnn: Side = { name: 'PyTorch eager', script: 'train-step/torch_cnn.py', agreesWithin: 1e-3 };
const cnnRivals: Side[] = [
  eagerCnn,
  { ...eagerCnn, name: 'PyTorch eager, channels last', options: { channels_last: true } },
  { ...eagerCnn, name: 'PyTorch torch.compile', options: { compile: true } },
  { ...eagerCnn, name: 'PyTorch torch.compile, channels last', options: { compile: true, channels_last: true } },
];

const ourVit = ofOneShape('train-step/vit-step.ts');
const vitRivals: Side[] = [eager, compiled].map((rival) => ({
  ...rival,
  script: 'train-step/torch_vit.py',
  // Adam turns gradients that are nothing but rounding into whole steps.
  agreesWithin: 1e-3,
}));

const narrowRival = (side: Side): Side => ({ ...side, name: 'PyTorch bf16 autocast', options: { autocast: 'bfloat16' } });
const loosely = (side: Side): Side => ({ ...side, agreesWithin: 3e-2 });

/** How long a training step takes, against PyTorch and against the matrix products in it. */
export const trainStep = defineQuestion({
  name: 'train-step',
  asks: 'How long does one training step of BERT-mini take (forward, backward, AdamW; 32 texts)?',
  rounds: 12,
  cases: [
    ...workloads.map(({ name, options }): Case => {
      const peers = options.lengths ? rivalsOnBatches : rivals;
      const more = options === bertMini ? [ourProducts, torchProducts] : [];
      return { name, unit: 'ms', options, ours: ourBert(options), peers: [...peers, ...more] };
    }),
    ...workloads
      .filter(({ options }) => !options.lengths)
      .map(({ name, options }): Case => {
        const ours = onOpenVino(ourBert(options));
        return { name: `${name}, openvino`, unit: 'ms', options, ours, peers: rivals };
      }),
    // Against each way in which PyTorch trains, in bf16: the faster of them is the one to beat.
    ...workloads
      .filter(({ options }) => options !== lora)
      .map(({ name, options }): Case => {
        const peers = rivals.map((rival) => ({ ...rival, agreesWithin: 2e-2 }));
        const ours = narrowed(ourBert(options));
        return { name: `${name.replace(' float32', '')}, bf16`, unit: 'ms', options, ours, peers };
      }),
    { name: 'LSTM', unit: 'ms', options: lstm, ours: ourLstm, peers: lstmRivals },
    { name: 'GPT', unit: 'ms', options: nanoGpt, ours: ourGpt, peers: gptRivals },
    { name: 'GPT, openvino', unit: 'ms', options: nanoGpt, ours: onOpenVino(ourGpt), peers: gptRivals },
    { name: 'CNN', unit: 'ms', options: cnn, ours: ourCnn, peers: cnnRivals },
    { name: 'CNN, openvino', unit: 'ms', options: cnn, ours: onOpenVino(ourCnn), peers: cnnRivals },
    {
      name: 'CNN, bf16',
      unit: 'ms',
      options: cnn,
      ours: narrowed(ourCnn),
      peers: cnnRivals.concat(narrowRival(eagerCnn)).map(loosely),
    },
    { name: 'ViT-tiny', unit: 'ms', options: vit, ours: ourVit, peers: vitRivals },
    {
      name: 'ViT-tiny, bf16',
      unit: 'ms',
      options: vit,
      ours: narrowed(ourVit),
      peers: vitRivals.concat(narrowRival(vitRivals[0]!)).map(loosely),
    },
  ],
});
