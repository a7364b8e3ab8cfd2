import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../progress/index.ts';

/** What was found, or why nothing was. */
export type Found<T> = { readonly value: T } | { readonly reason: string };

/**
 * The instructions that decide how fast products run, under one name each, with what the systems call them:
 * Linux in /proc/cpuinfo, macOS in `sysctl hw.optional`.
 */
const knownFeatures: Readonly<Record<string, readonly string[]>> = {
  'SSE4.2': ['sse4_2', 'hw.optional.sse4_2'],
  AVX: ['avx', 'hw.optional.avx1_0'],
  F16C: ['f16c', 'hw.optional.f16c'],
  FMA: ['fma', 'hw.optional.fma'],
  AVX2: ['avx2', 'hw.optional.avx2_0'],
  AVX512F: ['avx512f', 'hw.optional.avx512f'],
  AVX512BW: ['avx512bw', 'hw.optional.avx512bw'],
  AVX512_VNNI: ['avx512_vnni', 'hw.optional.avx512vnni'],
  AVX512_BF16: ['avx512_bf16'],
  AVX512_FP16: ['avx512_fp16'],
  AVX_VNNI: ['avx_vnni'],
  AMX_BF16: ['amx_bf16'],
  AMX_INT8: ['amx_int8'],
  NEON: ['asimd', 'neon', 'hw.optional.neon', 'hw.optional.AdvSIMD'],
  FP16: ['asimdhp', 'hw.optional.arm.FEAT_FP16', 'hw.optional.neon_fp16'],
  DotProd: ['asimddp', 'hw.optional.arm.FEAT_DotProd'],
  BF16: ['bf16', 'hw.optional.arm.FEAT_BF16'],
  I8MM: ['i8mm', 'hw.optional.arm.FEAT_I8MM'],
  SVE: ['sve'],
  SVE2: ['sve2'],
  SME: ['sme', 'hw.optional.arm.FEAT_SME'],
};

/** The features that the first processor of /proc/cpuinfo has. */
export function featuresInCpuinfo(text: string): string[] {
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1] ?? '';
  return named(new Set(line.split(/\s+/)));
}

/** The features that the output of `sysctl hw.optional` has. */
export function featuresInSysctl(text: string): string[] {
  return named(new Set([...text.matchAll(/^(\S+): 1$/gm)].map(([, name]) => name!)));
}

function named(present: ReadonlySet<string>): string[] {
  return Object.entries(knownFeatures).flatMap(([name, spellings]) =>
    spellings.some((each) => present.has(each)) ? [name] : [],
  );
}

/** The instruction sets of this machine's processor, where the system tells them. */
export function cpuFeatures(platform: NodeJS.Platform = process.platform): Found<readonly string[]> {
  try {
    if (platform === 'linux' || platform === 'android')
      return { value: featuresInCpuinfo(readFileSync('/proc/cpuinfo', 'utf8')) };
    if (platform === 'darwin') {
      const { stdout, status } = spawnSync('sysctl', ['hw.optional'], { encoding: 'utf8', timeout: 5000 });
      if (status === 0) return { value: featuresInSysctl(stdout) };
    }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
  return { reason: `${platform} does not tell them without a native call` };
}

// The smallest modules that use one feature each: a function that returns i8x16.popcnt of a splat, and one that returns
// i8x16.relaxed_swizzle of two. The bytes are those of github.com/GoogleChromeLabs/wasm-feature-detect.
const simdModule = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];
const relaxedModule = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128,
  2, 11,
];

/** What WebAssembly can do in this process, which decides how fast the `wasm` device is. */
export function wasmFeatures(): { readonly simd: boolean; readonly relaxedSimd: boolean; readonly threads: boolean } {
  const valid = (bytes: readonly number[]) => WebAssembly.validate(new Uint8Array(bytes));
  return { simd: valid(simdModule), relaxedSimd: valid(relaxedModule), threads: typeof SharedArrayBuffer === 'function' };
}

/** The memory that this process may use where its container limits it, in bytes; null where nothing does. */
export function memoryLimit(totalBytes: number): number | null {
  // Without a limit the systems report 0, nothing, or a number past the machine's memory.
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 && limit < totalBytes ? limit : null;
}

const require = createRequire(import.meta.url);

/** The version of an installed npm package, found as `import` finds it; null where it is not installed. */
export function installedVersion(name: string): string | null {
  for (const folder of require.resolve.paths(name) ?? []) {
    const manifest = join(folder, name, 'package.json');
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  }
  return null;
}

/** The folder where Hugging Face's libraries keep what they downloaded, and what decided it: the rules of huggingface_hub. */
export function hubCache(env: Environment, home: string = homedir()): { readonly path: string; readonly from: string } {
  for (const name of ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE']) if (env[name]) return { path: env[name], from: name };
  if (env.HF_HOME) return { path: join(env.HF_HOME, 'hub'), from: 'HF_HOME' };
  if (env.XDG_CACHE_HOME) return { path: join(env.XDG_CACHE_HOME, 'huggingface', 'hub'), from: 'XDG_CACHE_HOME' };
  return { path: join(home, '.cache', 'huggingface', 'hub'), from: 'default' };
}
