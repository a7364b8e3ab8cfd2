import { defineQuestion } from './harness/question.ts';
import { bertMini } from './train-step/bert-mini.ts';

/** Whether a long training run keeps its size. The model is small, so that thousands of steps take seconds. */
export const memory = defineQuestion({
  name: 'memory',
  asks: 'Does resident memory grow over 2,000 training steps of changing batch shapes (after step 200, which is 100 %)?',
  rounds: 3,
  cases: [
    {
      // All 32 shapes have come by step 200: what grows after that is not the cache of compiled graphs.
      name: '2 layers of 64; 4, 8, 12 or 16 rows of 8 to 64 tokens',
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
      },
      ours: { name: 'qkv', script: 'fresh.ts' },
      peers: [],
      goal: 102,
    },
  ],
});
