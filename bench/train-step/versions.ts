import { openRuntime } from '../../src/runtime/index.ts';
import type { Workload } from './workload.ts';

/**
 * The runtime that a side computes on, opened with as many threads, and its version.
 * @throws Error where it does not compute in the precision that is asked for.
 */
export async function runtimeVersion(
  threads: number,
  { runtime = 'ort', precision = 'float32' }: Pick<Workload, 'runtime' | 'precision'> = {},
): Promise<Record<string, string>> {
  const opened = await openRuntime({ name: runtime, threads, precision });
  if (opened.precision !== precision) throw new Error(`${runtime} does not compute in ${precision} here.`);
  return { [runtime]: opened.version };
}
