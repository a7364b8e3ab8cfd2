import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { benchFolder, npmFolder, peerPython } from './places.ts';
import type { Reply, Request } from './protocol.ts';
import type { Case, Side } from './question.ts';

// Longer than any turn or compilation takes; a side that hangs must not hang the bench.
const patienceMs = 10 * 60_000;

/** A side as the harness sees it: a process that is up, or the reason why it is not. */
export class SideProcess {
  readonly side: Side;
  /** Why this side takes no part, or no longer; null while it does. */
  missing: string | null = null;
  versions: Readonly<Record<string, string>> = {};
  check: readonly number[] | null = null;
  /** One value per round. */
  readonly values: number[] = [];
  #child: ChildProcessByStdio<Writable, Readable, Readable> | null = null;
  #answers: AsyncIterator<string> | null = null;
  #lastWords = '';

  constructor(side: Side) {
    this.side = side;
  }

  /** Starts the process and lets it prepare; afterwards `missing` says whether it is there. */
  async setup(workload: Case, threads: number): Promise<void> {
    const command = commandOf(this.side);
    if ('missing' in command) {
      this.missing = command.missing;
      return;
    }
    const count = String(threads);
    this.#child = spawn(command.program, [...command.args, join(benchFolder, this.side.script)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, OMP_NUM_THREADS: count, MKL_NUM_THREADS: count, QKV_THREADS: count, PYTHONPATH: benchFolder },
    });
    this.#child.on('error', (error) => {
      this.missing ??= error.message;
    });
    // A side that has ended makes the pipe fail; its answer, or the lack of one, tells why.
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.on('data', (text: Buffer) => {
      this.#lastWords = (this.#lastWords + text.toString()).slice(-4000);
      if (process.env.QKV_BENCH_VERBOSE) process.stderr.write(text);
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    const reply = await this.#ask({ do: 'setup', threads, options: { ...workload.options, ...this.side.options } });
    if (reply && 'versions' in reply) {
      this.versions = reply.versions;
      this.check = reply.check ?? null;
    }
  }

  /** One turn. */
  async run(): Promise<void> {
    const reply = await this.#ask({ do: 'run' });
    if (reply && 'value' in reply) this.values.push(reply.value);
  }

  /** Asks the process to end and waits until it has. */
  async done(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdin.end(`${JSON.stringify({ do: 'done' } satisfies Request)}\n`);
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
  }

  async #ask(request: Request): Promise<Reply | null> {
    if (this.missing !== null || !this.#child) return null;
    const child = this.#child;
    child.stdin.write(`${JSON.stringify(request)}\n`);
    let silent = false;
    const late = setTimeout(() => {
      silent = true;
      child.kill('SIGKILL');
    }, patienceMs);
    const answer = await this.#answers!.next();
    clearTimeout(late);
    if (answer.done) {
      const words = silent ? `no answer in ${patienceMs / 60_000} minutes` : lastErrorIn(this.#lastWords);
      this.missing ??= `ended during ${request.do}: ${words || 'without a word'}`;
      return null;
    }
    const reply = JSON.parse(answer.value) as Reply;
    if ('missing' in reply) {
      this.missing = reply.missing;
      await this.done();
    }
    return reply;
  }
}

/** The line that says what went wrong: the last that names an error, or else the last. */
function lastErrorIn(text: string): string {
  const lines = text.trim().split('\n');
  return (lines.findLast((line) => /^\S*(Error|Exception)\b/.test(line)) ?? lines.at(-1)!).trim();
}

function commandOf(side: Side): { program: string; args: string[] } | { missing: string } {
  if (side.script.endsWith('.py')) {
    const python = peerPython();
    return python ? { program: python, args: [] } : { missing: 'bench/.peers/python is not there; run npm run bench:setup' };
  }
  for (const wanted of side.packages ?? []) {
    const name = wanted.slice(0, wanted.lastIndexOf('@'));
    if (!existsSync(join(npmFolder, 'node_modules', name)))
      return { missing: `${wanted} is not installed; run npm run bench:setup` };
  }
  // The same loader and conditions as this process, so that sides written in TypeScript run the sources.
  return { program: process.execPath, args: process.execArgv };
}
