import { type Case, defineQuestion } from './harness/question.ts';
import { bertMini } from './train-step/bert-mini.ts';
import { freshSteps, workloads } from './train-step/workloads.ts';

/** The most memory that a process holds which makes a few steps. */
const peaks = workloads.map(
  ({ name, options }): Case => ({
    name: `peak of ${name}`,
    unit: 'MB',
    options: { ...options, steps: options.lengths ? 12 : 4, tells: 'peak' },
    ...freshSteps,
  }),
);

const manyShapes = [
  { name: '', options: {} },
  { name: ', bf16 on openvino', options: { runtime: 'openvino', precision: 'bfloat16' } },
];

/** How much memory training takes, and whether a long run keeps its size: with a small model, so that thousands of steps take seconds. */
export const memory = defineQuestion({
  name: 'memory',
  asks: 'How much memory does a process hold at most that trains; and does it grow over 2,000 steps of changing batch shapes (after step 200, which is 100 %)?',
  rounds: 3,
  cases: [
    ...peaks,
    ...manyShapes.map(
      ({ name, options }): Case => ({
        // All 32 shapes have come by step 200: what grows after that is not the cache of compiled graphs.
        name: `2 layers of 64; 4, 8, 12 or 16 rows of 8 to 64 tokens${name}`,
        unit: '%',
        options: {
          ...bertMini,
          vocab_size: 1024,
          hidden_size: 64,
          num_hidden_layers: 2,
          intermediate_size: 256,
          max_position_embeddings: 64,
          steps: 2000,
          program: 'source',
          script: 'memory/many-steps.ts',
          ...options,
        },
        ours: { name: 'qkv', script: 'fresh.ts' },
        peers: [],
        goal: 102,
      }),
    ),
  ],
});
