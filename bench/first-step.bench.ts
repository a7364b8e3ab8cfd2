import { type Case, defineQuestion } from './harness/question.ts';
import { bertMini } from './train-step/bert-mini.ts';
import { freshSteps, workloads } from './train-step/workloads.ts';

/** What someone waits for who starts a program that trains. */
export const firstStep = defineQuestion({
  name: 'first-step',
  asks: 'How long is it from the start of a process to the end of its first training step (imports, model, batch, compilation, step)?',
  rounds: 7,
  cases: [
    ...workloads.map(
      ({ name, options }): Case => ({ name, unit: 'ms', options: { ...options, steps: 1, tells: 'end' }, ...freshSteps }),
    ),
    // With what is kept on the disk from the process before.
    {
      name: 'BERT-mini bf16 on openvino',
      unit: 'ms',
      options: { ...bertMini, runtime: 'openvino', precision: 'bfloat16', steps: 1, tells: 'end' },
      ...freshSteps,
    },
  ],
});
