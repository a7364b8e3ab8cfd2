import { UnsupportedError } from '../core/index.ts';
import type { UnfinishedWrites, WritableChunks } from './atomic-write.types.ts';

function refuse(speaker: string, path: string): never {
  throw new UnsupportedError(`${speaker}: ${path}: a browser has no file system to write to; offer the bytes as a download.`);
}

/** Not in a browser: always rejects. */
export async function writeFileAtomic(path: string, _data: WritableChunks): Promise<void> {
  refuse('writeFileAtomic', path);
}

/** Not in a browser: always rejects. */
export async function writeFolderAtomic(path: string, _fill: (temporary: string) => Promise<void>): Promise<void> {
  refuse('writeFolderAtomic', path);
}

/** Not in a browser: always rejects. */
export async function cleanUnfinishedWrites(parent: string): Promise<UnfinishedWrites> {
  return refuse('cleanUnfinishedWrites', parent);
}

/** Not in a browser: always rejects. */
export async function checkWritable(folder: string, _bytesNeeded = 0): Promise<number> {
  return refuse('checkWritable', folder);
}
