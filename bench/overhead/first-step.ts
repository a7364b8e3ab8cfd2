// Run by fresh.ts. Prints how much longer the first step of a process takes than the ones after it: tracing and lowering with
// cold code, and making the runtime's session. The runtime is open before, the batch is there.
import { median } from '../harness/serve.ts';
import { runtimeVersion } from '../train-step/place.ts';
import { trainingOf, type Workload } from '../train-step/workload.ts';

const workload = JSON.parse(process.argv[2]!) as Workload;
const threads = Number(process.env.QKV_THREADS ?? 2);
const versions = await runtimeVersion(threads, workload);
const { batch, step } = trainingOf(workload, threads);
const fixed = batch(workload.rows, workload.tokens);
const durations: number[] = [];
for (let i = 0; i < 5; i++) {
  const start = performance.now();
  await step(fixed);
  durations.push(performance.now() - start);
}
console.log(JSON.stringify({ value: durations[0]! - median(durations.slice(1)), versions }));
process.exit(0);
