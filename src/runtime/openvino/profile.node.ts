import { writeFileSync } from 'node:fs';

/** What a node of a compiled model took in its runs so far. */
export interface NodeTime {
  readonly name: string;
  /** What it computes, as the device calls it. */
  readonly kind: string;
  /** The kernel that does it, and the type that it computes in. */
  readonly kernel: string;
  /** The mean of the runs. */
  readonly microseconds: number;
}

const toWrite = new Map<string, unknown[]>();

/**
 * What a compiled model's nodes took, run by run, in the form in which ONNX Runtime tells the same. Written when the process
 * ends, a file for each model.
 */
export class Profile {
  readonly #events: unknown[] = [];
  /** What each node took in all runs so far. */
  #sums: number[] = [];
  #runs = 0;

  constructor(prefix: string) {
    if (toWrite.size === 0) process.once('exit', write);
    toWrite.set(`${prefix}_openvino_${toWrite.size}.json`, this.#events);
  }

  /** A run that began so many milliseconds after the process did, and its nodes. */
  add(began: number, took: number, nodes: readonly NodeTime[]): void {
    const ts = began * 1000;
    this.#events.push({ cat: 'Session', name: 'model_run', ts, dur: took * 1000 });
    this.#runs++;
    const sums = nodes.map(({ microseconds }) => microseconds * this.#runs);
    for (const [i, { name, kind, kernel }] of nodes.entries())
      this.#events.push({
        cat: 'Node',
        name: `${name}_kernel_time`,
        ts,
        dur: sums[i]! - (this.#sums[i] ?? 0),
        args: { op_name: `${kind} ${kernel}` },
      });
    this.#sums = sums;
  }
}

function write(): void {
  for (const [path, events] of toWrite) writeFileSync(path, JSON.stringify(events));
}
