import { defineOptions } from '../core/index.ts';

/** The flags of every command that computes. */
export const deviceFlags = defineOptions({
  device: {
    group: 'Machine',
    type: 'choice',
    choices: ['cpu', 'wasm'],
    otherwise: 'QKV_DEVICE, else the best that `qkv doctor` finds',
    help: 'Where to compute',
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
