import type { CommandEntry } from './program.ts';

/** All commands of `qkv`, in the order in which its help lists them. A command's file is loaded when it is needed. */
export const commands: readonly CommandEntry[] = [{ name: 'doctor', load: async () => (await import('./doctor.ts')).doctor }];
