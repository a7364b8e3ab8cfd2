// Runs before `npm start`, `npm test`, `npm run check` and `npm run bench`, so that a fresh clone needs no other command:
// installs the locked packages when they are missing or not the locked ones and, with --build, brings dist/ up to date.
// Imports no package: it runs before any is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmCommand } from './npm.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...names) => join(root, ...names);

function readPackages(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

/**
 * Whether node_modules holds what package-lock.json says, going by the list that npm leaves there after each install.
 * An optional package may be absent: it is for another platform, or was left out with --omit=optional.
 */
function installedPackages() {
  const listed = at('node_modules', '.package-lock.json');
  if (!existsSync(listed)) return 'missing';
  const installed = readPackages(listed);
  const isCurrent = Object.entries(readPackages(at('package-lock.json'))).every(([path, wanted]) => {
    const found = installed[path];
    if (path === '' || wanted.link) return true;
    if (found === undefined) return Boolean(wanted.optional || wanted.devOptional);
    return found.version === wanted.version;
  });
  return isCurrent ? 'current' : 'stale';
}

function run({ command, args, shell }) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell });
  if (error) console.error(`qkv: ${command}: ${error.message}`);
  return status ?? 1;
}

function install() {
  const state = installedPackages();
  if (state === 'current') return;
  // `npm ci` empties node_modules first; where only some packages differ, an install from the lock changes those alone.
  const args = state === 'missing' ? ['ci'] : ['install', '--no-save'];
  console.error(`qkv: packages ${state}; running npm ${args.join(' ')}`);
  const status = run(npmCommand([...args, '--no-audit', '--no-fund', '--loglevel=error']));
  if (status !== 0) process.exit(status);
}

function filesUnder(folder) {
  if (!existsSync(at(folder))) return [];
  return readdirSync(at(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** One hash of all that decides what dist/ holds: contents and not times, which a checkout or a copy changes. */
function sourceHash() {
  const hash = createHash('sha256');
  const sources = filesUnder('src').filter((file) => !/\.(test|cases)\.ts$/.test(file));
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'scripts/bundle.mjs'].map((name) => at(name));
  const tools = ['typescript', 'rolldown'].map((name) => at('node_modules', name, 'package.json'));
  for (const file of [...sources, ...settings, ...tools])
    hash.update(`${file.slice(root.length)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function build() {
  const stamp = at('dist', '.sources');
  const wanted = sourceHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('qkv: building dist/');
  const tsc = at('node_modules', 'typescript', 'bin', 'tsc');
  const status = run({ command: process.execPath, args: [tsc, '-p', 'tsconfig.build.json'] });
  if (status !== 0) process.exit(status);
  for (const file of filesUnder('dist')) {
    if (!/\.(js|d\.ts|d\.ts\.map)$/.test(file) || file.startsWith(at('dist', 'node'))) continue;
    const source = join(root, 'src', file.slice(at('dist').length).replace(/\.(js|d\.ts|d\.ts\.map)$/, '.ts'));
    if (!existsSync(source)) rmSync(file);
  }
  const bundled = run({ command: process.execPath, args: [at('scripts', 'bundle.mjs')] });
  if (bundled !== 0) process.exit(bundled);
  writeFileSync(stamp, wanted);
}

install();
if (process.argv.includes('--build')) build();
