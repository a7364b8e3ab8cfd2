// How much of a step the main thread is at work. The runtime computes on threads of its own, so all that the event loop is
// active for is JavaScript: building the graph, hashing it, binding, reading the loss.
import { performance } from 'node:perf_hooks';
import { serve } from '../harness/serve.ts';
import { runtimeVersion } from '../train-step/place.ts';
import { trainingOf, type Workload } from '../train-step/workload.ts';

await serve<Workload>(async (workload, threads) => {
  const versions = await runtimeVersion(threads);
  const { batch, step } = trainingOf(workload, threads);
  const fixed = batch(workload.rows, workload.tokens);
  // The first step compiles; by the tenth V8 has optimized what is hot.
  for (let i = 0; i < 10; i++) await step(fixed);
  return {
    versions,
    run: async () => {
      await step(fixed);
      const before = performance.eventLoopUtilization();
      for (let i = 0; i < workload.steps_per_turn; i++) await step(fixed);
      return performance.eventLoopUtilization(before).utilization * 100;
    },
  };
});
