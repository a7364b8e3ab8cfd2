import { UnsupportedError } from '../core/index.ts';
import type { ProcessFacts, ScratchFile } from './run-folder.types.ts';

function refuse(speaker: string, path: string): never {
  throw new UnsupportedError(
    `${speaker}: ${path}: a browser has no file system; set save_strategy to 'no' and offer what you keep as a download.`,
  );
}

/** Not in a browser: there is never a file. */
export async function namesIn(_folder: string): Promise<string[]> {
  return [];
}

/** Not in a browser: always rejects. */
export async function removeFrom(folder: string, _names: readonly string[]): Promise<void> {
  refuse('removeFrom', folder);
}

/** Not in a browser: there is nothing to finish. */
export async function finishRemovals(_folder: string): Promise<void> {}

/** Not in a browser: always rejects. */
export async function openScratch(folder: string, _name: string): Promise<ScratchFile> {
  throw new UnsupportedError(`openScratch: ${folder}: a browser has no file system; set cache_frozen to 'memory' or 'no'.`);
}

/** Not in a browser: always rejects. */
export async function writeText(path: string, _text: string): Promise<void> {
  refuse('writeText', path);
}

/** Not in a browser: always rejects. */
export async function appendLine(path: string, _line: string): Promise<void> {
  refuse('appendLine', path);
}

/** SHA-256 over texts in their order, each with its length, in hexadecimal. */
export async function hashOf(texts: Iterable<string>): Promise<string> {
  const whole = Array.from(texts, (text) => `${text.length}:${text}\n`).join('');
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(whole));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Nothing tells in a browser. */
export function processFacts(): ProcessFacts {
  return { peakMemoryBytes: null, cpuSeconds: null };
}
