import type { CommandEntry } from './program.ts';

/** All commands of `qkv`, in the order in which its help lists them. A command's file is loaded when it is needed. */
export const commands: readonly CommandEntry[] = [
  { name: 'train', load: async () => (await import('./train.ts')).train },
  { name: 'run', load: async () => (await import('./run.ts')).run },
  { name: 'tokenize', load: async () => (await import('./tokenize.ts')).tokenize },
  { name: 'tokenize train', load: async () => (await import('./tokenize-train.ts')).tokenizeTrain },
  { name: 'tokenize replay', load: async () => (await import('./tokenize-replay.ts')).tokenizeReplay },
  { name: 'tokenize compare', load: async () => (await import('./tokenize-compare.ts')).tokenizeCompare },
  { name: 'runtime install', load: async () => (await import('./runtime-install.ts')).runtimeInstall },
  { name: 'runtime list', load: async () => (await import('./runtime-list.ts')).runtimeList },
  { name: 'runtime remove', load: async () => (await import('./runtime-remove.ts')).runtimeRemove },
  { name: 'doctor', load: async () => (await import('./doctor.ts')).doctor },
];
