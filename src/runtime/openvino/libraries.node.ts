import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { InstalledRuntime } from '../runtime.ts';
import { type OpenVinoWheel, openVinoWheels } from './release.ts';

/** Where qkv keeps what it fetched: `QKV_CACHE`, or `qkv` in the system's folder for caches. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.QKV_CACHE) return env.QKV_CACHE;
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'qkv');
  if (process.platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'qkv');
  return join(homedir(), '.cache', 'qkv');
}

/** The folder of this runtime in the cache. */
export function openVinoFolder(): string {
  return join(cacheFolder(), 'runtimes', 'openvino');
}

/** The wheel for the machine that this runs on; undefined where there is none. */
export const wheelHere: OpenVinoWheel | undefined = openVinoWheels[`${process.platform}-${process.arch}`];

/** The file that says what is installed. */
export const recordName = 'installed.json';

/** What is installed in a folder of the cache; null where nothing is. */
export function readRecord(folder: string): InstalledRuntime | null {
  try {
    return JSON.parse(readFileSync(join(folder, recordName), 'utf8')) as InstalledRuntime;
  } catch {
    return null;
  }
}

/** The libraries to load, in order, or why they cannot be. */
export function findLibraries(): { readonly paths: readonly string[] } | { readonly reason: string } {
  if (!wheelHere) return { reason: `there is no OpenVINO for ${process.platform} on ${process.arch}` };
  const installed = readRecord(openVinoFolder());
  if (!installed) return { reason: 'it is not installed; `qkv runtime install openvino` brings it' };
  const paths = wheelHere.libraries.map((name) => join(installed.folder, name));
  const missing = paths.find((path) => !existsSync(path));
  if (missing) return { reason: `${missing} is missing; \`qkv runtime install openvino\` puts it back` };
  return { paths };
}
