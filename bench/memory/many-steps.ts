// Run by fresh.ts. Trains with another batch shape at almost every step and prints the resident memory of the last 100 steps in % of
// that of steps 200 to 300, medians of both: one number each, without the saw-tooth of the garbage collector, which is not
// forced to run.

import { median } from '../harness/serve.ts';
import { mulberry32 } from '../harness/statistics.ts';
import { runtimeVersion } from '../train-step/place.ts';
import { trainingOf, type Workload } from '../train-step/workload.ts';

const workload = JSON.parse(process.argv[2]!) as Workload & { steps: number };
const threads = Number(process.env.QKV_THREADS ?? 2);
const versions = await runtimeVersion(threads, workload);
const { batch, step } = trainingOf(workload, threads);
const random = mulberry32(4);
const resident: number[] = [];
for (let i = 0; i < workload.steps; i++) {
  await step(batch(4 * (1 + Math.floor(random() * 4)), 8 * (1 + Math.floor(random() * 8))));
  resident.push(process.memoryUsage.rss());
}
const value = (median(resident.slice(-100)) / median(resident.slice(200, 300))) * 100;
if (process.env.QKV_BENCH_VERBOSE)
  console.error(resident.filter((_, i) => i % 100 === 99).map((bytes) => Math.round(bytes / 1e6)));
console.log(JSON.stringify({ value, versions }));
process.exit(0);
