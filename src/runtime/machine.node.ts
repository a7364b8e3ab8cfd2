import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import type { MachineFacts } from './runtime.ts';

/** What is cheaply known of this machine; processor features on Linux only. */
export function readMachine(): MachineFacts {
  return {
    platform: platform(),
    arch: arch(),
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    features: readFeatures(),
  };
}

// Features that decide how fast products of matrices are, as Linux spells them: x86 first, then ARM.
const relevant = new Set(
  'sse4_2 avx avx2 fma f16c avx512f avx512bw avx512vl avx512_vnni avx_vnni avx512_bf16 avx512_fp16 amx_tile amx_bf16 amx_int8 asimd asimdhp asimddp bf16 i8mm sve sve2 sme'.split(
    ' ',
  ),
);

function readFeatures(): readonly string[] | 'unknown' {
  if (platform() !== 'linux') return 'unknown';
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
    return line ? line[1]!.split(' ').filter((feature) => relevant.has(feature)) : 'unknown';
  } catch {
    return 'unknown';
  }
}
