import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { npmCommand } from '../../scripts/npm.mjs';
import { filesBelow, readManifest, root } from '../support/repository.ts';

/*
 * The package from outside: packed as it would be published, installed in an empty project, and used there as a stranger does,
 * in Node, by the compiler and by a bundler for browsers.
 */

const manifest = readManifest();
/** `qkv`, `qkv/nn`, …: each import that the package answers. */
const doors = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => `${manifest.name}${path.slice(1)}`);

const project = mkdtempSync(join(tmpdir(), 'qkv-package-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));

function run(command: string, args: readonly string[], cwd: string, shell = false) {
  // npm hands its own settings down to what it runs; the installation here must not take part in the one that runs the tests.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config|package|lifecycle)/i.test(name)),
  );
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, shell, env, encoding: 'utf8', maxBuffer: 1 << 26 });
  return { status: status ?? 1, printed: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`, stdout: stdout ?? '' };
}

function npm(args: readonly string[], cwd: string) {
  const { command, args: all, shell } = npmCommand(args);
  return run(command, all, cwd, shell);
}

function write(path: string, text: string): void {
  const file = join(project, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

/** Why the package could not be installed here, or null. */
let missing: string | null = null;

beforeAll(() => {
  const built = run(process.execPath, [join('scripts', 'ensure-installed.mjs'), '--build'], root);
  if (built.status !== 0) throw new Error(built.printed);
  const packed = npm(['pack', '--silent', '--pack-destination', project], root);
  if (packed.status !== 0) throw new Error(packed.printed);
  write('package.json', JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'))!;
  const installed = npm(['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', `./${tarball}`], project);
  if (installed.status === 0) return;
  if (!installed.printed.includes('ENOTCACHED')) throw new Error(installed.printed);
  missing = `npm's cache lacks a dependency, and tests use no network: ${/request to (\S+)/.exec(installed.printed)?.[1] ?? ''}`;
}, 240_000);

beforeEach(({ skip }) => {
  if (missing) skip(missing);
});

const inNode = (code: string) => run(process.execPath, ['--input-type=module', '--eval', code], project);

test('holds the program, its types and their sources, and nothing that only tests need', () => {
  const files = readdirSync(join(project, 'node_modules', manifest.name), { recursive: true }).map(String);
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json']));
  expect(files.filter((file) => /\.(test|cases)\.|tsbuildinfo|\.sources$/.test(file))).toEqual([]);
  const maps = files.filter((file) => file.endsWith('.d.ts.map'));
  const sources = maps.map((map) => map.replace(/^dist/, 'src').replace(/\.d\.ts\.map$/, '.ts'));
  expect(sources.filter((source) => !files.includes(source))).toEqual([]);
});

test('every folder of src has a door, or is told to be inner', () => {
  // What users need of these, `qkv` itself gives.
  const inner = ['autodiff', 'cli', 'core', 'graph', 'onnx', 'ops', 'runtime', 'tensor'];
  const folders = filesBelow('src', (path) => /^src\/[^/]+\/index\.ts$/.test(path)).map((path) => path.split('/')[1]!);
  const entered = Object.values(manifest.exports).map((door) => (typeof door === 'object' ? door['qkv-source'] : ''));
  const closed = folders.filter((folder) => !inner.includes(folder) && !entered.includes(`./src/${folder}/index.ts`));
  expect(closed).toEqual([]);
});

test.for(doors)('%s: Node imports it', (door) => {
  const { printed, stdout } = inNode(`console.log(Object.keys(await import('${door}')).length)`);
  expect(Number(stdout), printed).toBeGreaterThan(0);
});

test.for(doors)('%s: a bundler for browsers finds nothing of Node in it', async (door) => {
  const entry = `${door.replaceAll('/', '-')}.js`;
  write(entry, `export * from '${door}';`);
  const told: string[] = [];
  // Its own bundles ask where they run before they load Node's modules.
  const external = [/^onnxruntime-web/];
  const bundle = await rolldown({
    input: join(project, entry),
    cwd: project,
    platform: 'browser',
    external,
    onLog: (_, log) => told.push(log.message),
  });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  const chunks = output.filter((part) => part.type === 'chunk');
  const reached = chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]);
  expect(reached.filter((name) => isBuiltin(name) || name === 'koffi' || name === 'onnxruntime-node')).toEqual([]);
  expect(told).toEqual([]);
});

test('the command line starts', () => {
  const { status, printed } = run(process.execPath, [join('node_modules', manifest.name, manifest.bin.qkv), '--help'], project);
  expect(status, printed).toBe(0);
  expect(printed).toContain('qkv <command>');
});

describe('without the native packages, which are optional', () => {
  beforeAll(() => {
    for (const name of ['koffi', '@koromix', 'onnxruntime-node'])
      rmSync(join(project, 'node_modules', name), { recursive: true, force: true });
  });

  test('Node imports every door', () => {
    const { status, printed } = inNode(`for (const door of ${JSON.stringify(doors)}) await import(door);`);
    expect(status, printed).toBe(0);
  });

  test.for([
    ['NodeNext', 'NodeNext'],
    ['ESNext', 'Bundler'],
  ])('types pass without skipLibCheck and without @types/node (module %s, resolution %s)', ([module, moduleResolution]) => {
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'ES2023',
      lib: ['ES2023', 'DOM', 'DOM.Iterable', 'ESNext.Disposable'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
    };
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['stranger.ts'] }));
    write('stranger.ts', doors.map((door, i) => `export * as door${i} from '${door}';`).join('\n'));
    const { status, printed } = run(
      process.execPath,
      [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'],
      project,
    );
    expect(printed).toBe('');
    expect(status).toBe(0);
  });
});
