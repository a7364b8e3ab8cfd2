import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingFileError } from '../core/index.ts';
import { writeFileAtomic } from '../formats/index.ts';

/** Whether there is a folder at this path. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * The bytes of a file, or undefined when there is none.
 * @throws MissingFileError when it is there and cannot be read.
 */
export async function readBytes(folder: string, name: string): Promise<Uint8Array | undefined> {
  const path = join(folder, name);
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new MissingFileError(`readFile: ${path}: ${(error as Error).message}; it has to be a file that can be read.`, {
      cause: error,
    });
  }
}

/**
 * Writes files into a folder, which is made where it is missing. Each file is written whole or not at all.
 * @throws MissingFileError when the folder cannot be made or written to, or the disk is full.
 */
export async function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string[]> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new MissingFileError(
      `writeFiles: ${folder}: ${(error as Error).message}; it has to be a folder, or a path free for one.`,
      {
        cause: error,
      },
    );
  }
  const paths: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await writeFileAtomic(path, content);
    paths.push(path);
  }
  return paths;
}
