// npm run bench:setup [-- --torch-index URL]
//
// Installs the peers into bench/.peers: a Python environment (requirements.txt) and the npm packages that questions name.
// Safe to run again: what is there already stays. Each peer that cannot be installed is named, with the reason.
//
// PyPI's PyTorch for Linux is the build with CUDA, about 2.7 GB to fetch with its libraries, which it needs to load even on a
// machine without a GPU; computing on the CPU it is the same library. Where PyTorch's own index can be reached,
// `--torch-index https://download.pytorch.org/whl/cpu` gets the build without (0.2 GB).
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchFolder, npmFolder, peerPython, peersFolder, pythonFolder } from './harness/places.ts';
import { loadQuestions } from './harness/questions.ts';

/** A Chromium for Linux on x64, for the tests in test/browser: not a peer, but as large as one. */
const chromium = '@sparticuz/chromium@147.0.0';

function takesChromium(): boolean {
  return process.platform === 'linux' && process.arch === 'x64';
}

interface Peer {
  readonly name: string;
  readonly install: () => Promise<void>;
}

const { values: flags } = parseArgs({ options: { 'torch-index': { type: 'string' } } });
const started = performance.now();
mkdirSync(peersFolder, { recursive: true });
const peers = [...pythonPeers(), ...(await npmPeers())];
let failures = 0;
for (const peer of peers) {
  try {
    await peer.install();
    console.log(`  ready    ${peer.name}`);
  } catch (error) {
    failures++;
    console.log(`  missing  ${peer.name}: ${error instanceof Error ? error.message : error}`);
  }
}
console.log(
  `bench:setup: ${peers.length - failures} of ${peers.length} peers ready in ${Math.round((performance.now() - started) / 1000)} s.`,
);
process.exitCode = failures === 0 ? 0 : 1;

/** One peer per line of requirements.txt, so that one that fails does not take the others with it. */
function pythonPeers(): Peer[] {
  const lines = readFileSync(join(benchFolder, 'requirements.txt'), 'utf8').split('\n');
  const wanted = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  return wanted.map((requirement) => ({
    name: requirement,
    install: async () => {
      const [name, version] = requirement.split('==') as [string, string];
      if ((await importedVersion(name)) === version) return;
      const index = name === 'torch' && flags['torch-index'] ? ['--index-url', flags['torch-index']] : [];
      await pip([requirement, ...index]);
      const found = await importedVersion(name);
      if (found !== version) throw new Error(`installed, but importing it gives ${found ?? 'an error'}`);
    },
  }));
}

async function pip(args: readonly string[]): Promise<void> {
  if (!peerPython()) await makeEnvironment();
  await run(peerPython()!, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...args]);
}

async function makeEnvironment(): Promise<void> {
  const reasons: string[] = [];
  for (const python of ['python3', 'python', 'py']) {
    try {
      await run(python, ['-m', 'venv', pythonFolder]);
      return;
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`no Python that makes environments (${reasons.join('; ')})`);
}

/** The version that the environment's Python finds when it imports the module, without a local label such as `+cpu`. */
async function importedVersion(name: string): Promise<string | null> {
  const python = peerPython();
  if (!python) return null;
  try {
    return (await run(python, ['-c', `import ${name}; print(${name}.__version__)`])).trim().split('\n').at(-1)!.split('+')[0]!;
  } catch {
    return null;
  }
}

async function npmPeers(): Promise<Peer[]> {
  const questions = await loadQuestions();
  const sides = questions.flatMap((question) => question.cases.flatMap((one) => [one.ours, ...one.peers]));
  const wanted = new Set([...sides.flatMap((side) => side.packages ?? []), ...(takesChromium() ? [chromium] : [])]);
  return [...wanted].map((spec) => ({ name: spec, install: () => installFromNpm(spec) }));
}

async function installFromNpm(spec: string): Promise<void> {
  const at = spec.lastIndexOf('@');
  const manifest = join(npmFolder, 'node_modules', spec.slice(0, at), 'package.json');
  const installed = () =>
    existsSync(manifest) ? (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version : null;
  if (installed() === spec.slice(at + 1)) return;
  mkdirSync(npmFolder, { recursive: true });
  // A manifest of its own, or npm would install into the repository's.
  if (!existsSync(join(npmFolder, 'package.json'))) writeFileSync(join(npmFolder, 'package.json'), '{ "private": true }\n');
  await run('npm', ['install', '--prefix', npmFolder, '--save-exact', '--no-audit', '--no-fund', spec]);
}

/** Runs a program to its end and gives what it printed; its last line of errors when it fails. */
function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // npm is a script on Windows, which only a shell starts.
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32' && program === 'npm',
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (text: Buffer) => {
      output += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(errors.trim().split('\n').at(-1) || `${program} ended with code ${code}`));
    });
  });
}
