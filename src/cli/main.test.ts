import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The program in a process of its own, from its source. */
function qkv(words: string[], env: Record<string, string> = {}): Promise<Ended> {
  return end(start([main, ...words], env));
}

function start(script: string[], env: Record<string, string> = {}): ChildProcessByStdio<null, Readable, Readable> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
  return spawn(process.execPath, ['--import', 'tsx', '--conditions=qkv-source', ...script], {
    cwd: root,
    env: { ...rest, NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function end(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, out, err }));
  });
}

describe('qkv in a process of its own', () => {
  it('prints version and help and exits with 0', async () => {
    expect(await qkv(['--version'])).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' });
    const help = await qkv(['--help']);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toMatch(/^qkv: train/);
    expect(help.out).not.toContain('\u001b');
  });

  it('says what it did not understand on the error output and exits with 2', async () => {
    expect(await qkv(['doctr'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "error: qkv: there is no command 'doctr'; did you mean doctor? \`qkv help\` tells what each does.
      ",
        "out": "",
      }
    `);
    expect(await qkv(['doctor', '--jsn'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "error: qkv doctor: --jsn is not a flag; did you mean --json? \`qkv help doctor\` lists the flags.
      ",
        "out": "",
      }
    `);
  });

  it('examines this machine', async () => {
    const { code, out, err } = await qkv(['doctor', '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect((await qkv(['doctor'], { QKV_RUNTIME: 'none' })).code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ qkv: manifest.version, node: { version: process.versions.node } });
  });

  it('colours when told to, by flag or by environment', async () => {
    expect((await qkv(['--help'], { FORCE_COLOR: '1' })).out).toContain('\u001b[1m');
    expect((await qkv(['--help', '--color'])).out).toContain('\u001b[1m');
    expect((await qkv(['--help', '--no-color'], { FORCE_COLOR: '1' })).out).not.toContain('\u001b');
  });
});

/** A command that says it is ready, waits to be interrupted, and then takes `seconds` to put things in order. */
const waiting = (seconds: number) => `
  import { runFromTerminal } from ${JSON.stringify(new URL('./terminal.ts', import.meta.url).href)};
  import { defineCommand } from ${JSON.stringify(new URL('./command.ts', import.meta.url).href)};
  const wait = defineCommand({
    name: 'wait', summary: 'Waits', flags: {},
    async run(_, { stdout, signal }) {
      stdout.write('ready\\n');
      const forever = setInterval(() => {}, 1000);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await new Promise((resolve) => setTimeout(resolve, ${seconds * 1000}));
      clearInterval(forever);
      stdout.write('in order\\n');
    },
  });
  await runFromTerminal(['wait'], { commands: [{ name: 'wait', load: async () => wait }], version: '0', reportTo: 'x' });
`;

// On Windows, a signal sent to another process ends it at once; Ctrl-C in a console is not that.
describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  const ready = (child: ChildProcessByStdio<null, Readable, Readable>) =>
    new Promise((resolve) => child.stdout.once('data', resolve));

  it('lets the command put things in order, and exits with 130', async () => {
    const child = start(['--input-type=module', '-e', waiting(0.2)]);
    const ended = end(child);
    await ready(child);
    child.kill('SIGINT');
    expect(await ended).toEqual({
      code: 130,
      out: 'ready\nin order\n',
      err: 'Interrupted: stopping; once more ends it at once.\n',
    });
  });

  it('ends at once when pressed again', async () => {
    const child = start(['--input-type=module', '-e', waiting(60)]);
    const ended = end(child);
    await ready(child);
    child.kill('SIGINT');
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, out: 'ready\n' });
  });

  it('exits with 143 when asked to end', async () => {
    const child = start(['--input-type=module', '-e', waiting(0)]);
    const ended = end(child);
    await ready(child);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 143, out: 'ready\nin order\n' });
  });
});
