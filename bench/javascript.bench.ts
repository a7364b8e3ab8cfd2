import { defineQuestion, type Side } from './harness/question.ts';
import { bertMini } from './train-step/bert-mini.ts';

const ours: Side = { name: 'qkv', script: 'train-step/qkv-step.ts', options: { dynamic: false } };
const onOpenVino: Side = { ...ours, name: 'qkv on openvino', options: { ...ours.options, runtime: 'openvino' } };
const peers: Side[] = [
  {
    name: 'TensorFlow.js, WASM',
    script: 'train-step/tensorflow-js.ts',
    packages: ['@tensorflow/tfjs@4.22.0', '@tensorflow/tfjs-backend-wasm@4.22.0'],
    agreesWithin: 1e-4,
  },
  { name: 'jax-js, WASM', script: 'train-step/jax-js.ts', packages: ['@jax-js/jax@0.1.25'], agreesWithin: 1e-4 },
];
/** The plain training step against the other libraries that train from JavaScript without a GPU. */
export const javascript = defineQuestion({
  name: 'javascript',
  asks: 'How long does the training step of BERT-mini take in other JavaScript libraries (forward, backward, AdamW; 32 texts)?',
  rounds: 3,
  // Seconds to a step: one is timed in a turn.
  cases: [
    { name: 'BERT-mini float32', unit: 'ms', options: { ...bertMini, steps_per_turn: 1 }, ours, peers },
    { name: 'BERT-mini float32, openvino', unit: 'ms', options: { ...bertMini, steps_per_turn: 1 }, ours: onOpenVino, peers },
  ],
});
