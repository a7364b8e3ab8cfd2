import { defineQuestion } from './harness/question.ts';
import { bertMini } from './train-step/bert-mini.ts';

/** Whether a program that trains still answers: a server its requests, a page its user. */
export const eventLoop = defineQuestion({
  name: 'event-loop',
  asks: 'How late is a 10 ms timer on the main thread while training runs (99th percentile)?',
  rounds: 7,
  cases: [
    {
      name: 'BERT-mini float32',
      unit: 'ms',
      options: { ...bertMini, steps_per_turn: 8 },
      ours: { name: 'qkv', script: 'event-loop/timer.ts' },
      peers: [],
      goal: 20,
    },
  ],
});
