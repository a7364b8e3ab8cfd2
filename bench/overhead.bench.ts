import { defineQuestion, type Side } from './harness/question.ts';
import { bertMini } from './train-step/bert-mini.ts';

/** A Python import in a new process, with the module whose version is noted. */
const importing = (name: string, module: string, code = name): Side => ({
  name,
  script: 'fresh.ts',
  options: {
    program: 'python',
    code: [
      'import time; start = time.perf_counter()',
      code,
      'value = (time.perf_counter() - start) * 1000',
      'import json, sys',
      `print(json.dumps({"value": value, "versions": {"${module}": sys.modules["${module}"].__version__}}))`,
    ].join('\n'),
  },
});

const classes = 'from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer';

/** What stands between the user and the computation: rebuilding graphs, the first compilation, loading the library. */
export const overhead = defineQuestion({
  name: 'overhead',
  asks: 'What does qkv cost beside the computation itself?',
  rounds: 7,
  cases: [
    {
      // Everything JavaScript does for a step whose program is cached: forward, backward, the optimizer's graph, its hash,
      // binding buffers, starting the run, reading the loss.
      name: "JavaScript's share of a cached step",
      unit: '%',
      options: { ...bertMini, steps_per_turn: 5 },
      ours: { name: 'qkv', script: 'overhead/step-share.ts' },
      peers: [],
      goal: 3,
    },
    {
      // In a new process: how much longer the first step takes than the ones after it.
      name: 'first compilation of the step',
      unit: 'ms',
      options: { ...bertMini, program: 'source', script: 'overhead/first-step.ts' },
      ours: { name: 'qkv', script: 'fresh.ts' },
      peers: [],
      goal: 1000,
    },
    {
      // In a new process, measured inside it; files are in the system's cache.
      name: "import 'qkv'",
      unit: 'ms',
      options: {},
      ours: {
        name: 'qkv',
        script: 'fresh.ts',
        options: {
          program: 'node',
          code: "const start = performance.now(); await import('qkv'); console.log(JSON.stringify({ value: performance.now() - start }));",
          needs: 'dist/index.js',
          neededFrom: 'run npm run build',
        },
      },
      peers: [
        importing('import torch', 'torch'),
        importing('import transformers, with what the main job needs', 'transformers', classes),
      ],
      goal: 150,
    },
  ],
});
