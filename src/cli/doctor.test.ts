import { describe, expect, it } from 'vitest';
import { textWidth } from '../core/index.ts';
import { type DoctorReport, examine, formatReport } from './doctor.ts';
import {
  cpuFeatures,
  featuresInCpuinfo,
  featuresInSysctl,
  hubCache,
  installedVersion,
  memoryLimit,
  wasmFeatures,
} from './machine.ts';

const report: DoctorReport = {
  qkv: '0.1.0',
  node: { version: '22.14.0', needed: '>=20.19', arch: 'arm64' },
  system: { platform: 'darwin', release: '24.3.0', name: 'Darwin Kernel Version 24.3.0' },
  cpu: { model: 'Apple M3', threads: 8, cores: 8, features: { value: ['NEON', 'BF16'] } },
  wasm: { simd: true, relaxedSimd: true, threads: true },
  memory: { totalBytes: 17.2e9, freeBytes: 4.1e9, limitBytes: null },
  runtimes: [
    { name: 'ort', device: 'cpu', available: false, reason: 'the package onnxruntime-node is not installed' },
    { name: 'ort-web', device: 'wasm', available: true, reason: null },
  ],
  choices: {
    float32: { name: 'ort-web', precision: 'float32', reason: 'WebAssembly' },
    bfloat16: { name: 'ort-web', precision: 'float32', reason: 'WebAssembly; not in bfloat16: openvino: it is not installed' },
  },
  packages: [
    { name: 'koffi', wanted: '3.3.4', installed: '3.3.3', optional: true },
    { name: 'onnxruntime-node', wanted: '1.30.0', installed: null, optional: true },
    { name: 'onnxruntime-web', wanted: '1.30.0', installed: '1.30.0', optional: false },
  ],
  environment: { QKV_THREADS: '4' },
  caches: [{ name: 'Hugging Face hub', path: '/cache/hub', from: 'HF_HOME', exists: false, writable: false }],
};

const plain = { width: 100, colored: false, unicode: true };

describe('formatReport', () => {
  it('says what runs, what does not and why', () => {
    expect(formatReport(report, plain)).toMatchInlineSnapshot(`
      "qkv           0.1.0
      Node          22.14.0 on arm64 (needed: >=20.19)
      System        darwin 24.3.0
                    Darwin Kernel Version 24.3.0
      Processor     Apple M3, 8 threads
                    NEON BF16
      Memory        4.1 GB free of 17.2 GB
      WebAssembly   SIMD, relaxed SIMD, threads

      Runtimes      ✘ ort          cpu     the package onnxruntime-node is not installed
                    ✔ ort-web      wasm    is used unless told otherwise

      Packages      ✘ koffi             3.3.3  3.3.4 is needed
                    ✘ onnxruntime-node  not installed  left out by npm: installed with --omit=optional, or nothing for darwin on arm64
                    ✔ onnxruntime-web   1.30.0

      Caches        ✘ Hugging Face hub: /cache/hub  from HF_HOME, not there yet, may not be written to

      Environment   QKV_THREADS=4

      Models run on ort-web (wasm) with 4 threads: WebAssembly. Native speed needs the packages koffi and onnxruntime-node.
      --bf16 changes nothing here: WebAssembly; not in bfloat16: openvino: it is not installed.
      "
    `);
  });

  it('says so when nothing runs, and when the system keeps things to itself', () => {
    const bare = formatReport(
      {
        ...report,
        cpu: { ...report.cpu, threads: 2, features: { reason: 'win32 does not tell them without a native call' } },
        wasm: { simd: false, relaxedSimd: false, threads: false },
        memory: { ...report.memory, limitBytes: 2e9 },
        runtimes: report.runtimes.slice(0, 1),
        environment: {},
      },
      { ...plain, unicode: false },
    );
    expect(bare).toContain('Apple M3, 2 of 8 threads\n');
    expect(bare).toContain('features not known: win32 does not tell them without a native call\n');
    expect(bare).toContain('4.1 GB free of 17.2 GB, of which this process may use 2 GB\n');
    expect(bare).toContain('without SIMD and threads\n');
    expect(bare).toContain('Nothing can run here: no runtime is available.\n');
    expect(bare).not.toMatch(/[^\n -~]/);
  });

  it('goes by what the environment asks for', () => {
    const last = (environment: DoctorReport['environment']) =>
      formatReport({ ...report, environment }, plain)
        .split('\n')
        .find((line) => /run on|can run/.test(line));
    expect(last({ QKV_DEVICE: 'wasm', QKV_THREADS: '3' })).toContain(
      'Models run on ort-web (wasm) with 3 threads: WebAssembly.',
    );
    expect(last({ QKV_RUNTIME: 'ort' })).toBe('Nothing can run here: no runtime is available for QKV_RUNTIME=ort.');
  });

  it('wraps long lines', () => {
    const features = { value: Array.from({ length: 40 }, (_, i) => `FEATURE_${i}`) };
    const text = formatReport({ ...report, cpu: { ...report.cpu, features } }, { ...plain, width: 60 });
    for (const line of text.split('\n').filter((each) => each.includes('FEATURE')))
      expect(textWidth(line)).toBeLessThanOrEqual(60);
  });
});

describe('examine', () => {
  it('finds a runtime on this machine, and tells no token', async () => {
    const found = await examine({ HF_TOKEN: 'secret', QKV_DEVICE: 'cpu', PATH: '/bin' });
    expect(found.runtimes.some((each) => each.available)).toBe(true);
    for (const each of found.runtimes) expect(each.available).toBe(each.reason === null);
    expect(found.environment).toEqual({ HF_TOKEN: '(set)', QKV_DEVICE: 'cpu' });
    expect(found.cpu.threads).toBeGreaterThan(0);
    expect(found.memory.totalBytes).toBeGreaterThan(found.memory.freeBytes);
    expect(found.packages.find(({ name }) => name === 'onnxruntime-web')?.installed).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('the machine', () => {
  it('reads the features of x86 and ARM processors', () => {
    expect(
      featuresInCpuinfo('processor\t: 0\nflags\t\t: fpu sse4_2 avx avx2 fma f16c avx512f avx512_bf16\nbugs\t: x\n'),
    ).toEqual(['SSE4.2', 'AVX', 'F16C', 'FMA', 'AVX2', 'AVX512F', 'AVX512_BF16']);
    expect(featuresInCpuinfo('processor\t: 0\nFeatures\t: fp asimd asimddp bf16 i8mm sve\n')).toEqual([
      'NEON',
      'DotProd',
      'BF16',
      'I8MM',
      'SVE',
    ]);
    expect(featuresInCpuinfo('nothing of the kind')).toEqual([]);
    expect(featuresInSysctl('hw.optional.arm.FEAT_BF16: 1\nhw.optional.arm.FEAT_SME: 0\nhw.optional.neon: 1\n')).toEqual([
      'NEON',
      'BF16',
    ]);
    expect(featuresInSysctl('hw.optional.avx1_0: 1\nhw.optional.avx2_0: 1\nhw.optional.avx512f: 0\n')).toEqual(['AVX', 'AVX2']);
  });

  it('says why it knows no features', () => {
    expect(cpuFeatures('win32')).toEqual({ reason: 'win32 does not tell them without a native call' });
  });

  it('knows WebAssembly by trying', () => {
    const features = wasmFeatures();
    expect(features.simd).toBe(true);
    expect(features.threads).toBe(true);
  });

  it('takes a limit only where it is one', () => {
    expect(memoryLimit(Number.MAX_SAFE_INTEGER) ?? 1).toBeGreaterThan(0);
    expect(memoryLimit(0)).toBeNull();
  });

  it('finds installed packages', () => {
    expect(installedVersion('vitest')).toMatch(/^4\./);
    expect(installedVersion('surely-not-installed')).toBeNull();
  });

  it('finds the hub cache as huggingface_hub does', () => {
    const slashes = ({ path, from }: { path: string; from: string }) => ({ path: path.replaceAll('\\', '/'), from });
    expect(slashes(hubCache({}, '/home/a'))).toEqual({ path: '/home/a/.cache/huggingface/hub', from: 'default' });
    expect(slashes(hubCache({ XDG_CACHE_HOME: '/x' }))).toEqual({ path: '/x/huggingface/hub', from: 'XDG_CACHE_HOME' });
    expect(slashes(hubCache({ XDG_CACHE_HOME: '/x', HF_HOME: '/hf' }))).toEqual({ path: '/hf/hub', from: 'HF_HOME' });
    expect(slashes(hubCache({ HF_HOME: '/hf', HF_HUB_CACHE: '/c' }))).toEqual({ path: '/c', from: 'HF_HUB_CACHE' });
  });
});
