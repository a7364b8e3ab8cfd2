import { createHash } from 'node:crypto';
import { appendFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingFileError } from '../core/index.ts';
import { writeFileAtomic } from '../formats/index.ts';
import type { ProcessFacts, ScratchFile } from './run-folder.types.ts';

const removedName = /^\.(.+)\.removed$/;

/** The names of a folder's files and folders; none where there is no folder. What is being removed does not count. */
export async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new MissingFileError(`namesIn: ${folder} cannot be read: ${error.message}; it has to be a folder that can be read.`, {
      cause: error,
    });
  });
  return names.filter((name) => !removedName.test(name));
}

/** Removes files and folders of a folder. A folder loses its name first, so that a crash leaves no half of it behind. */
export async function removeFrom(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const hidden = join(folder, `.${name}.removed`);
    await rm(hidden, { recursive: true, force: true });
    await rename(join(folder, name), hidden);
    await rm(hidden, { recursive: true, force: true });
  }
}

/** Removes what `removeFrom` could not finish when a process ended. */
export async function finishRemovals(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (removedName.test(name)) await rm(join(folder, name), { recursive: true, force: true });
}

/** An empty file in a folder for as long as a run lasts. Its name is one that the next run removes, should this one be killed. */
export async function openScratch(folder: string, name: string): Promise<ScratchFile> {
  const path = join(folder, `.${name}.removed`);
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(path, 'w+');
    return {
      write: async (bytes, start) => {
        await file.write(bytes, 0, bytes.length, start);
      },
      read: async (into, start) => {
        await file.read(into, 0, into.length, start);
      },
      remove: async () => {
        await file.close();
        await rm(path, { force: true });
      },
    };
  } catch (error) {
    throw new MissingFileError(
      `openScratch: ${path}: ${(error as Error).message}; the folder has to be one that can be written.`,
      { cause: error },
    );
  }
}

/** Writes a whole text file or nothing. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeFileAtomic(path, text);
}

/** Puts a line at the end of a file, in one write. */
export async function appendLine(path: string, line: string): Promise<void> {
  try {
    await appendFile(path, `${line}\n`);
  } catch (error) {
    throw new MissingFileError(`appendLine: ${path}: ${(error as Error).message}; it has to be a file that can be written.`, {
      cause: error,
    });
  }
}

/** SHA-256 over texts in their order, each with its length, in hexadecimal. */
export async function hashOf(texts: Iterable<string>): Promise<string> {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:${text}\n`);
  return hash.digest('hex');
}

/** What the system tells of this process. */
export function processFacts(): ProcessFacts {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  return { peakMemoryBytes: maxRSS * 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 };
}
