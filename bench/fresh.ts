// A side that starts a new process for every turn, for what only a new process shows: start-up, first compilations, memory.
// The process runs `script`, or `code` where a line is enough, and prints its value as its last line. Where that is not a value
// but a time, `endedAt`, in ms of the system's clock, the value is how long after the start of the process that was. The line
// may hold `check` and `versions` too.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compiled } from './harness/compiled.ts';
import { benchFolder, peerPython, root } from './harness/places.ts';
import { serve } from './harness/serve.ts';

type Options = {
  /** `node` has neither loader nor conditions: it sees the package as it is installed. `source` runs TypeScript sources. */
  program: 'node' | 'source' | 'python';
  /** Relative to `bench/`. */
  script?: string;
  code?: string;
  /** A file, relative to the repository, without which there is nothing to measure; and how it comes about. */
  needs?: string;
  neededFrom?: string;
};

await serve<Options>(async (options) => {
  if (options.needs && !existsSync(join(root, options.needs))) {
    throw new Error(`${options.needs} is not there; ${options.neededFrom ?? 'make it first'}.`);
  }
  const turn = async () => {
    const { value, versions, check } = await lastLine(options);
    return { value, versions, check };
  };
  const { versions, check } = await turn();
  return { versions, ...(check && { check }), run: async () => (await turn()).value };
});

/** What a process says in its last line. */
interface Told {
  readonly value: number;
  readonly versions: Record<string, string>;
  readonly check?: readonly number[];
}

/** Runs the process once; its last line is a JSON object with `value` and perhaps `versions` and `check`. */
function lastLine(options: Options): Promise<Told> {
  const python = options.program === 'python' ? peerPython() : null;
  if (options.program === 'python' && !python) throw new Error('bench/.peers/python is not there; run npm run bench:setup');
  const loader = options.program === 'source' ? process.execArgv : [];
  const code = options.program === 'python' ? ['-c', options.code!] : ['--input-type=module', '-e', options.code!];
  const file = options.script ? join(benchFolder, options.script) : null;
  const task = file ? [options.program === 'node' ? compiled(file) : file, JSON.stringify(options)] : code;
  return new Promise((resolve, reject) => {
    const startedAt = Date.now();
    const child = spawn(python ?? process.execPath, [...loader, ...task], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (text: Buffer) => {
      output += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) {
        const told = JSON.parse(output.trim().split('\n').at(-1)!);
        resolve({ versions: {}, value: told.endedAt - startedAt, ...told });
      } else
        reject(
          new Error(
            errors
              .trim()
              .split('\n')
              .findLast((line) => /Error/.test(line)) ?? `ended with ${status}`,
          ),
        );
    });
  });
}
