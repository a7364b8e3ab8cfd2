// qkv's side of train-step.bench.ts.
import { serve, timed } from '../harness/serve.ts';
import { runtimeVersion } from './place.ts';
import { trainingOf, type Workload } from './workload.ts';

await serve<Workload>(async (workload, threads) => {
  const versions = await runtimeVersion(threads, workload);
  const { batches, step } = trainingOf(workload, threads);
  let at = 0;
  const next = () => step(batches[at++ % batches.length]!);
  const check = [await next(), await next(), await next()];
  return { versions, check, run: () => timed(workload.steps_per_turn, next) };
});
