import { createInterface } from 'node:readline';
import type { Reply, Request } from './protocol.ts';
import type { Options } from './question.ts';

/** What a side is once it has been set up. */
export interface Ready {
  readonly versions: Readonly<Record<string, string>>;
  readonly check?: readonly number[];
  /** One turn: does the work, measures it, and gives the value in the case's unit. */
  run(): Promise<number> | number;
  done?(): Promise<void> | void;
}

/** Answers the harness on standard input and output: the whole main program of a side written in TypeScript. */
export async function serve<O>(setup: (options: O & Options, threads: number) => Promise<Ready>): Promise<void> {
  // What libraries print must not come between the answers.
  console.log = console.error;
  let ready: Ready | null = null;
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    if (request.do === 'done') break;
    try {
      if (request.do === 'setup') {
        ready = await setup(request.options as O & Options, request.threads);
        answer({
          versions: { node: process.versions.node, ...ready.versions },
          ...(ready.check ? { check: ready.check } : {}),
        });
      } else if (ready) {
        answer({ value: await ready.run() });
      }
    } catch (error) {
      console.error(error);
      answer({ missing: error instanceof Error ? error.message : String(error) });
    }
  }
  await ready?.done?.();
  process.exit(0);
}

function answer(reply: Reply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

/** The median of some durations: one slow step inside a turn does not move it. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** Runs `work` once untimed, because the other sides have had the caches since, then `times` times; the median in ms. */
export async function timed(times: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  const durations: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await work();
    durations.push(performance.now() - start);
  }
  return median(durations);
}
