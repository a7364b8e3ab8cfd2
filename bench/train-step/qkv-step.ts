// qkv's side of train-step.bench.ts.
import { serve, timed } from '../harness/serve.ts';
import { trainingOf, type Workload } from './workload.ts';

await serve<Workload>(async (workload, threads) => {
  const { versions, batch, step } = await trainingOf(workload, threads);
  const fixed = batch(workload.rows, workload.tokens);
  const check = [await step(fixed), await step(fixed), await step(fixed)];
  return { versions, check, run: () => timed(workload.steps_per_turn, () => step(fixed)) };
});
