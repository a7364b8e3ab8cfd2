import { openRuntime } from '../../src/runtime/index.ts';
import type { OpCases } from '../support/cases.ts';
import { checkCase } from '../support/check-op.ts';

/** What a page found. */
export interface PageReport {
  readonly browser: string;
  readonly runtime: string;
  readonly passed: number;
  /** The title of each case that failed, with what was wrong. */
  readonly failed: readonly string[];
}

/** Checks every case on `wasm` in the page that this runs in, as `ops.test.ts` does in Node, and sends the report to the server. */
export async function checkOps(families: readonly Readonly<Record<string, OpCases>>[]): Promise<void> {
  const runtime = await openRuntime({ device: 'wasm', threads: 1 });
  const failed: string[] = [];
  let passed = 0;
  for (const op of families.flatMap((family) => Object.values(family))) {
    for (const each of op.cases.filter(({ throws }) => !throws)) {
      try {
        await checkCase(runtime, op, each);
        passed++;
      } catch (error) {
        failed.push(`${op.name} ${each.title}: ${error}`);
      }
    }
  }
  const report: PageReport = { browser: navigator.userAgent, runtime: `${runtime.name} ${runtime.version}`, passed, failed };
  await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
}
