import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Availability } from '../runtime.ts';

const require = createRequire(import.meta.url);

const libraryNames: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
};

/**
 * ONNX Runtime 1.30 reads the process's command line with a pattern whose search takes a piece of the stack for every
 * character: with 31,000 of them it overflowed a stack of 8 MiB and took the process with it, with 28,000 it did not.
 */
const longestCommandLine = 26_000;

/** Why ONNX Runtime's native code cannot be started in this process, or null. */
export function commandLineReason(
  words: readonly string[] = [process.execPath, ...process.execArgv, ...process.argv],
): string | null {
  const bytes = words.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
  if (bytes <= longestCommandLine) return null;
  return `the command line has ${bytes} bytes and ONNX Runtime's native code takes ${longestCommandLine} at most; put long texts in a file`;
}

/** Where ONNX Runtime's shared library lies in the installed npm package `onnxruntime-node`, or why it cannot be used. */
export function findLibrary(): { readonly path: string } | { readonly reason: string } {
  const name = libraryNames[process.platform];
  if (!name) return { reason: `onnxruntime-node has no library for ${process.platform}` };
  const manifest = resolve('onnxruntime-node/package.json');
  if (!manifest) return { reason: 'the package onnxruntime-node is not installed' };
  const path = join(dirname(manifest), 'bin', 'napi-v6', process.platform, process.arch, name);
  if (!existsSync(path))
    return { reason: `onnxruntime-node has no library for ${process.platform} on ${process.arch} (${path})` };
  const reason = commandLineReason();
  if (reason) return { reason };
  return { path };
}

/** Whether an npm package can be imported from here. */
export function findPackage(name: string): Availability {
  return resolve(name) ? { available: true } : { available: false, reason: `the package ${name} is not installed` };
}

function resolve(id: string): string | null {
  try {
    return require.resolve(id);
  } catch {
    return null;
  }
}
