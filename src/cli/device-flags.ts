import { defineOptions, type OptionValues } from '../core/index.ts';
import type { Precision, RuntimeRequest } from '../runtime/index.ts';

/** The flags of every command that computes. */
export const deviceFlags = defineOptions({
  device: {
    group: 'Machine',
    type: 'choice',
    choices: ['cpu', 'wasm'],
    otherwise: 'QKV_DEVICE, else the best that `qkv doctor` finds',
    help: 'Where to compute',
  },
  runtime: {
    group: 'Machine',
    type: 'choice',
    choices: ['ort', 'openvino', 'ort-binding', 'ort-web'],
    otherwise: 'QKV_RUNTIME, else the best that `qkv doctor` finds',
    help: 'What computes',
  },
  threads: {
    group: 'Machine',
    type: 'integer',
    min: 1,
    max: 1024,
    otherwise: 'QKV_THREADS, else all cores',
    help: 'Threads to compute with',
  },
});

/** What those flags say, as the options that carry it. */
export type DeviceFlags = OptionValues<typeof deviceFlags>;

/** The request for a runtime that these flags and a precision make. */
export function runtimeRequest({ device, runtime, threads }: DeviceFlags, precision?: Precision): RuntimeRequest {
  return {
    ...(device && { device }),
    ...(runtime && { name: runtime }),
    ...(threads !== undefined && { threads }),
    ...(precision && { precision }),
  };
}
