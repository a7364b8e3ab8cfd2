import { defineQuestion } from './harness/question.ts';
import { bertMini } from './train-step/bert-mini.ts';

const tensorflow = ['@tensorflow/tfjs@4.22.0', '@tensorflow/tfjs-backend-wasm@4.22.0'];

/** The plain training step against the other libraries that train from JavaScript without a GPU. */
export const javascript = defineQuestion({
  name: 'javascript',
  asks: 'How long does the training step of BERT-mini take in other JavaScript libraries (forward, backward, AdamW; 32×128 tokens)?',
  rounds: 3,
  cases: [
    {
      name: 'BERT-mini float32',
      unit: 'ms',
      options: { ...bertMini, steps_per_turn: 1 },
      ours: { name: 'qkv', script: 'train-step/qkv-step.ts' },
      peers: [
        { name: 'TensorFlow.js, WASM', script: 'train-step/tensorflow-js.ts', packages: tensorflow, agreesWithin: 1e-4 },
        { name: 'jax-js, WASM', script: 'train-step/jax-js.ts', packages: ['@jax-js/jax@0.1.25'], agreesWithin: 1e-4 },
      ],
    },
  ],
});
