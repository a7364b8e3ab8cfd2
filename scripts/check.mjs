// `npm run check`: format, lint, types, layers, unused code, and the package as it would be published.
// Two steps run at a time; what a step prints is shown when it fails. `npm run check -- types` runs the steps whose name has that word.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmCommand } from './npm.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, '.cache');
const bin = (...path) => join(root, 'node_modules', ...path);
const tsc = (config) => [
  bin('typescript', 'bin', 'tsc'),
  '-p',
  config,
  '--incremental',
  '--tsBuildInfoFile',
  join(cache, `${config}.tsbuildinfo`),
];

/** Each step is a list of commands, run in turn until one fails: Node's arguments, or a whole command. */
const steps = {
  'format and lint': [[bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.']],
  types: [tsc('tsconfig.json')],
  'types without Node': [tsc('tsconfig.web.json')],
  layers: [[bin('dependency-cruiser', 'bin', 'dependency-cruise.mjs'), 'src', '--config', '.dependency-cruiser.cjs']],
  'picture of the layers': [[join('scripts', 'arch.mjs'), '--check']],
  'table of ops': [['--conditions=qkv-source', '--import', 'tsx', join('scripts', 'ops.mjs'), '--check']],
  'unused code': [[bin('knip', 'bin', 'knip.js')]],
  'package-lock.json': [[join('scripts', 'complete-lock.mjs'), '--check']],
  package: checkPackage,
};

/** Runs one command; gives its exit status and what it printed. */
function run(step) {
  const { command, args, shell } = Array.isArray(step) ? { command: process.execPath, args: step } : step;
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, shell, env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' } });
    const printed = [];
    child.stdout.on('data', (chunk) => printed.push(chunk));
    child.stderr.on('data', (chunk) => printed.push(chunk));
    child.on('error', (error) => resolve({ status: 1, printed: error.message }));
    child.on('close', (status) => resolve({ status: status ?? 1, printed: Buffer.concat(printed).toString() }));
  });
}

async function inTurn(commands) {
  let last = { status: 0, printed: '' };
  for (const command of commands) {
    last = await run(command);
    if (last.status !== 0) break;
  }
  return last;
}

/** Packs what would be published and looks at it as strangers' tools do. */
async function checkPackage() {
  const folder = mkdtempSync(join(tmpdir(), 'qkv-pack-'));
  try {
    const packed = await inTurn([
      [join('scripts', 'ensure-installed.mjs'), '--build'],
      npmCommand(['pack', '--silent', '--pack-destination', folder]),
    ]);
    if (packed.status !== 0) return packed;
    const tarball = join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.tgz')),
    );
    return await inTurn([
      [bin('publint', 'src', 'cli.js'), 'run', tarball, '--strict'],
      [bin('@arethetypeswrong', 'cli', 'dist', 'index.js'), tarball, '--profile', 'esm-only', '--no-emoji'],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const wanted = process.argv.slice(2);
const queue = Object.entries(steps).filter(([name]) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
if (queue.length === 0) {
  console.error(`check: no step has ${wanted.join(' or ')} in its name; the steps are ${Object.keys(steps).join(', ')}.`);
  process.exit(1);
}
mkdirSync(cache, { recursive: true });
let [passed, failed] = [0, 0];
async function worker() {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [name, work] = next;
    const started = performance.now();
    const { status, printed } = await (typeof work === 'function' ? work() : inTurn(work));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (status === 0) passed++;
    else failed++;
    console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
    if (status !== 0) console.log(printed.replace(/^(?=.)/gm, '  '));
  }
}
await Promise.all([worker(), worker()]);
console.log(`check: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
