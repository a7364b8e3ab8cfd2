// Run by fresh.ts, as installed: trains `steps` steps in a new process. Tells when the last one ended, or how much memory the
// process held at most.
import { processFacts } from '../harness/process-facts.ts';
import { trainingOf, type Workload } from './workload.ts';

const workload = JSON.parse(process.argv[2]!) as Workload & { steps: number; tells: 'end' | 'peak' };
const { batches, step } = trainingOf(workload, Number(process.env.QKV_THREADS ?? 2));
for (let i = 0; i < workload.steps; i++) await step(batches[i % batches.length]!);
const endedAt = Date.now();
console.log(JSON.stringify(workload.tells === 'end' ? { endedAt } : { value: processFacts().peakBytes / 1e6 }));
process.exit(0);
