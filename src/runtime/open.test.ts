import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { machineFacts, openRuntime, probeRuntimes } from './index.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const hasNative = (await probeRuntimes()).some(({ device, availability }) => device === 'cpu' && availability.available);

test('lists every runtime with its device and whether it can be opened', async () => {
  const listed = await probeRuntimes();
  expect(listed.map(({ name, device }) => `${name} on ${device}`)).toEqual([
    'ort on cpu',
    'openvino on cpu',
    'ort-binding on cpu',
    'ort-web on wasm',
  ]);
  expect(listed.at(-1)!.availability).toEqual({ available: true });
});

test('gives the same runtime for the same request', async () => {
  const [a, b] = await Promise.all([openRuntime({ device: 'wasm', threads: 1 }), openRuntime({ device: 'wasm', threads: 1 })]);
  expect(a).toBe(b);
  expect(await openRuntime({ name: 'ort-web', threads: 1 })).toBe(a);
});

test('takes what the request leaves open from the environment', async () => {
  vi.stubEnv('QKV_DEVICE', 'wasm');
  vi.stubEnv('QKV_THREADS', '1');
  expect(await openRuntime()).toMatchObject({ name: 'ort-web', device: 'wasm', threads: 1 });
  vi.stubEnv('QKV_DEVICE', '');
  vi.stubEnv('QKV_RUNTIME', 'ort-web');
  expect(await openRuntime()).toMatchObject({ name: 'ort-web' });
});

test.skipIf(!hasNative)('the best runtime is a native one, on as many threads as there are cores', async () => {
  const runtime = await openRuntime();
  expect(runtime).toMatchObject({ device: 'cpu', threads: machineFacts().cores });
  // An explicit request outweighs the environment.
  vi.stubEnv('QKV_RUNTIME', 'ort-web');
  expect(await openRuntime({ device: 'cpu' })).toBe(runtime);
});

test('refuses names, devices and thread counts that do not exist', async () => {
  await expect(openRuntime({ name: 'nnapi' })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: openRuntime: there is no runtime named nnapi; here are ort on cpu, openvino on cpu, ort-binding on cpu, ort-web on wasm.]`,
  );
  await expect(openRuntime({ device: 'cuda' })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: openRuntime: there is no runtime on the device cuda; here are ort on cpu, openvino on cpu, ort-binding on cpu, ort-web on wasm.]`,
  );
  await expect(openRuntime({ threads: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: openRuntime: threads is 0; it must be a whole number from 1 to 1024.]`,
  );
  await expect(openRuntime({ device: 'wasm', threads: 3 })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: ort-web: opened with 3 threads; this process already runs it with 1, and it cannot change.]`,
  );
  vi.stubEnv('QKV_THREADS', 'many');
  await expect(openRuntime()).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: openRuntime: QKV_THREADS is many; it must be a whole number from 1 to 1024.]`,
  );
});

test('knows the machine', () => {
  const facts = machineFacts();
  expect(facts.cores).toBeGreaterThan(0);
  expect(facts.arch).toBe(process.arch);
  if (process.platform === 'linux' && process.arch === 'x64') expect(facts.features).toContain('sse4_2');
});

/** Runs a program in a process of its own, in which some packages cannot be found. */
async function runWithout(packages: readonly string[], source: string): Promise<{ stdout: string; stderr: string }> {
  const runtimeUrl = new URL('./index.ts', import.meta.url).href;
  const program = `
    import Module from 'node:module';
    const resolve = Module._resolveFilename;
    Module._resolveFilename = function (request, ...rest) {
      if (${JSON.stringify(packages)}.some((name) => request === name || request.startsWith(name + '/'))) throw new Error('hidden');
      return resolve.call(this, request, ...rest);
    };
    const { openRuntime } = await import(${JSON.stringify(runtimeUrl)});
    ${source}`;
  const args = ['--conditions=qkv-source', '--import', 'tsx', '--input-type=module', '--eval', program];
  return promisify(execFile)(process.execPath, args, { cwd: fileURLToPath(new URL('../..', import.meta.url)) });
}

test('without the native library it runs on WASM, says so once, and the process ends by itself', async () => {
  const { stdout, stderr } = await runWithout(
    ['onnxruntime-node', 'koffi'],
    `const runtime = await openRuntime({ threads: 2 }); await openRuntime({ threads: 2 }); console.log(runtime.device);`,
  );
  expect(stdout.trim()).toBe('wasm');
  expect(stderr).toMatchInlineSnapshot(`
    "qkv: running on ort-web (wasm, several times slower than native); not on ort: the package onnxruntime-node is not installed; ort-binding: the package onnxruntime-node is not installed. qkv doctor tells more.
    "
  `);
});

test.skipIf(!hasNative)('without koffi it runs on the official binding, and says so', async () => {
  const { stdout, stderr } = await runWithout(['koffi'], 'console.log((await openRuntime()).name);');
  expect(stdout.trim()).toBe('ort-binding');
  expect(stderr).toMatchInlineSnapshot(`
    "qkv: running on ort-binding (cpu); not on ort: the package koffi is not installed. qkv doctor tells more.
    "
  `);
});
