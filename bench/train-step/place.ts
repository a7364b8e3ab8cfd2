import { openRuntime } from '../../src/runtime/index.ts';

/** What a side of ours computes on, and how; left out: ONNX Runtime, in float32, one program for all shapes. */
export interface Place {
  readonly runtime?: string;
  readonly precision?: 'float32' | 'bfloat16';
  readonly dynamic?: boolean;
}

/**
 * The runtime that a side computes on, opened with as many threads, and its version.
 * @throws Error where it does not compute in the precision that is asked for.
 */
export async function runtimeVersion(
  threads: number,
  { runtime = 'ort', precision = 'float32' }: Place = {},
): Promise<Record<string, string>> {
  const opened = await openRuntime({ name: runtime, threads, precision });
  if (opened.precision !== precision) throw new Error(`${runtime} does not compute in ${precision} here.`);
  return { [runtime]: opened.version };
}
