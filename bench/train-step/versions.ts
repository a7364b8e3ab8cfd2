import { openRuntime } from '../../src/runtime/index.ts';

/** The runtime that a side computes on, opened with as many threads, and its version. */
export async function runtimeVersion(threads: number): Promise<Record<string, string>> {
  const { name, version } = await openRuntime({ device: 'cpu', threads });
  return { [name]: version };
}
