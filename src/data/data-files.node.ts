import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MissingFileError, UnsupportedError } from '../core/index.ts';
import type { DataFile } from './data-files.types.ts';

/**
 * The files that a path, or a pattern with `*` and `?` in its last part, stands for; those of a pattern in name order. `speaker` is who asks, for errors.
 * @throws MissingFileError when there is none, or it cannot be read.
 */
export async function findDataFiles(speaker: string, path: string): Promise<DataFile[]> {
  if (/^https?:/.test(path)) {
    throw new UnsupportedError(`${speaker}: ${path} is a web address; download the file and give its path.`);
  }
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere && /[*?]/.test(path)) return matches(speaker, path);
  let byteLength: number | null;
  try {
    const found = await stat(path);
    byteLength = found.isFile() ? found.size : null;
    if (found.isDirectory())
      throw new MissingFileError(`${speaker}: ${path} is a folder; a file is needed; add its name or ${path}/*.csv.`);
  } catch (error) {
    throw explained(speaker, path, error);
  }
  return [dataFile(speaker, path, byteLength)];
}

function dataFile(speaker: string, path: string, byteLength: number | null): DataFile {
  return {
    name: path,
    byteLength,
    async *open() {
      try {
        yield* createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Uint8Array>;
      } catch (error) {
        throw explained(speaker, path, error);
      }
    },
  };
}

async function matches(speaker: string, pattern: string): Promise<DataFile[]> {
  const folder = dirname(pattern);
  if (/[*?]/.test(folder)) {
    throw new UnsupportedError(`${speaker}: ${pattern} has a wildcard in a folder's name; only the file's name may have one.`);
  }
  const escaped = basename(pattern).replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const test = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
  const names = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw explained(speaker, folder, error);
  });
  const found = names.filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && test.test(entry.name));
  if (found.length === 0)
    throw new MissingFileError(`${speaker}: no file matches ${pattern}; check the folder and the pattern.`);
  const paths = found.map((entry) => join(folder, entry.name)).sort();
  return Promise.all(
    paths.map(async (path) => {
      const { size } = await stat(path).catch((error) => {
        throw explained(speaker, path, error);
      });
      return dataFile(speaker, path, size);
    }),
  );
}

function explained(speaker: string, path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  const reasons: Record<string, string> = {
    ENOENT: 'does not exist; check the path',
    EACCES: 'may not be read by this user; change its permissions',
    EPERM: 'may not be read by this user; change its permissions',
    ENOTDIR: 'does not exist: a part of the path is a file; check the path',
    EISDIR: 'is a folder; a file is needed',
  };
  const reason = code === undefined ? undefined : reasons[code];
  return reason ? new MissingFileError(`${speaker}: ${path} ${reason}.`, { cause: error }) : error;
}
