// A timer asks for 10 ms again and again while steps run; how late each call comes is noted. A step that blocks the thread
// would make one call very late and leave no others, which a percentile over calls would hide: so a late call counts once
// for every 10 ms that it stood for.
import { serve } from '../harness/serve.ts';
import { runtimeVersion } from '../train-step/place.ts';
import { trainingOf, type Workload } from '../train-step/workload.ts';

const interval = 10;

await serve<Workload>(async (workload, threads) => {
  const versions = await runtimeVersion(threads);
  const { batch, step } = trainingOf(workload, threads);
  const fixed = batch(workload.rows, workload.tokens);
  await step(fixed);
  await step(fixed);
  return {
    versions,
    run: async () => {
      const lateness: number[] = [];
      let due = performance.now() + interval;
      const note = () => {
        const late = Math.max(0, performance.now() - due);
        for (let missed = late; missed >= 0; missed -= interval) lateness.push(missed);
        due = performance.now() + interval;
        timer = setTimeout(note, interval);
      };
      let timer = setTimeout(note, interval);
      for (let i = 0; i < workload.steps_per_turn; i++) await step(fixed);
      clearTimeout(timer);
      // Training may have ended with a call overdue.
      for (let missed = performance.now() - due; missed >= 0; missed -= interval) lateness.push(missed);
      return percentile(lateness, 0.99);
    },
  };
});

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
