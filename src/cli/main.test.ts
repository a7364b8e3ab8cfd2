import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

/** The program in a process of its own, from its source. */
function qkv(words: string[], env: Record<string, string> = {}): Promise<{ code: number | null; out: string; err: string }> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=qkv-source', main, ...words], {
    cwd: root,
    env: { ...rest, NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
