import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, realpath, rename, rm, stat, statfs, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { MissingFileError } from '../core/index.ts';
import type { UnfinishedWrites, WritableChunks } from './atomic-write.types.ts';

/**
 * Writes a whole file or nothing: readers see the old content or the new, never a part, also after a crash or kill -9.
 * Writes a temporary file in the same folder, flushes it to the disk, renames it, and flushes the folder where the system
 * allows. A link at `path` stays a link; an existing file keeps its mode.
 * @throws MissingFileError when the folder is missing or closed to us, or the disk is full.
 */
export async function writeFileAtomic(path: string, data: WritableChunks): Promise<void> {
  const target = await realpath(path).catch(() => resolve(path));
  const temporary = temporaryName(target, 'partial');
  active.add(temporary);
  try {
    const mode = await stat(target).then((found) => found.mode & 0o777, ifMissing(null));
    const file = await open(temporary, 'wx');
    try {
      if (mode !== null) await file.chmod(mode);
      for await (const chunk of asChunks(data)) await writeWhole(file, chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await renameFirmly(temporary, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw await explained('writeFileAtomic', path, error);
  } finally {
    active.delete(temporary);
  }
}

/**
 * Writes a whole folder or nothing: `fill` gets the path of a temporary sibling folder, and only when it has returned and
 * every file in it is on the disk does the folder take its name. An existing folder at `path` is replaced.
 * What a crash leaves behind never carries the folder's name; `cleanUnfinishedWrites` finds and removes it.
 * @throws MissingFileError when the parent is closed to us or the disk is full; what `fill` throws is passed on.
 */
export async function writeFolderAtomic(path: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const target = resolve(path);
  const temporary = temporaryName(target, 'partial');
  const replaced = temporaryName(target, 'replaced');
  active.add(temporary).add(replaced);
  try {
    await mkdir(dirname(target), { recursive: true });
    await mkdir(temporary);
    await fill(temporary);
    await syncTree(temporary);
    // No system renames a folder over a full one. Between the two renames only `replaced` is there, whole:
    // cleanUnfinishedWrites puts it back when a crash falls into that gap.
    const hadOne = await renameFirmly(target, replaced).then(() => true, ifMissing(false));
    try {
      await renameFirmly(temporary, target);
    } catch (error) {
      if (hadOne) await renameFirmly(replaced, target);
      throw error;
    }
    await syncFolder(dirname(target));
    if (hadOne) await rm(replaced, { recursive: true, force: true });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw await explained('writeFolderAtomic', path, error);
  } finally {
    active.delete(temporary);
    active.delete(replaced);
  }
}

/**
 * Removes what interrupted writes left in a folder, and puts back a folder that was about to be replaced.
 * Leaves alone what a living process still writes: a name tells the machine and process it belongs to, and what another
 * machine began counts as left behind after a day without change.
 */
export async function cleanUnfinishedWrites(parent: string): Promise<UnfinishedWrites> {
  const found: UnfinishedWrites = { removed: [], restored: [] };
  const names = await readdir(parent).catch(ifMissing([] as string[]));
  for (const name of names) {
    const match = /^\.(.+)\.([0-9a-f]{8})-(\d+)-[0-9a-f]{12}\.(partial|replaced)$/.exec(name);
    if (!match) continue;
    const [, base = '', machine, pid, kind] = match;
    const path = join(parent, name);
    if (await isStillWritten(path, machine!, Number(pid))) continue;
    const isThere = await stat(join(parent, base)).then(() => true, ifMissing(false));
    if (kind === 'replaced' && !isThere) {
      await renameFirmly(path, join(parent, base));
      found.restored.push(base);
    } else {
      await rm(path, { recursive: true, force: true });
      found.removed.push(name);
    }
  }
  if (found.removed.length + found.restored.length > 0) await syncFolder(parent);
  return found;
}

/**
 * Makes sure, before hours of work, that a folder can be written: creates it, writes and removes a small file, and
 * compares the disk's free space with `bytesNeeded`. Gives the free space in bytes.
 * @throws MissingFileError when any of the three fails.
 */
export async function checkWritable(folder: string, bytesNeeded = 0): Promise<number> {
  const probe = temporaryName(join(resolve(folder), 'probe'), 'partial');
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(probe, 'wx');
    try {
      await file.write('qkv');
    } finally {
      await file.close();
    }
  } catch (error) {
    throw await explained('checkWritable', folder, error);
  } finally {
    await unlink(probe).catch(() => {});
  }
  const free = await freeBytes(folder);
  if (free < bytesNeeded) {
    throw new MissingFileError(
      `checkWritable: ${folder} has ${megabytes(free)} free; ${megabytes(bytesNeeded)} are needed; ` +
        'make room or choose another folder.',
    );
  }
  return free;
}

/** Temporary paths that this process is writing now. */
const active = new Set<string>();

/** Eight letters that tell this machine from others that share the disk. */
const machineTag = hash32(hostname()).toString(16).padStart(8, '0');

/** FNV-1a, enough to tell host names apart. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

function temporaryName(target: string, kind: 'partial' | 'replaced'): string {
  const owner = `${machineTag}-${process.pid}-${randomBytes(6).toString('hex')}`;
  return join(dirname(target), `.${basename(target)}.${owner}.${kind}`);
}

async function isStillWritten(path: string, machine: string, pid: number): Promise<boolean> {
  if (machine !== machineTag) {
    const day = 24 * 3600 * 1000;
    return stat(path).then((found) => Date.now() - found.mtimeMs < day, ifMissing(true));
  }
  if (pid === process.pid) return active.has(resolve(path));
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function* asChunks(data: WritableChunks): AsyncGenerator<Uint8Array> {
  if (typeof data === 'string') yield Buffer.from(data);
  else if (data instanceof Uint8Array) yield data;
  else for await (const chunk of data) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let done = 0;
  while (done < chunk.length) {
    // One write call takes at most 2 GiB; pieces of 256 MiB also let the event loop breathe.
    const { bytesWritten } = await file.write(chunk, done, Math.min(chunk.length - done, 2 ** 28));
    done += bytesWritten;
  }
}

/** Renames; on Windows tries again for a while, as virus scanners and indexers hold new files open for a moment. */
async function renameFirmly(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (process.platform !== 'win32' || attempt === 20 || !['EPERM', 'EACCES', 'EBUSY'].includes(code)) throw error;
      await new Promise((done) => setTimeout(done, 10 * (attempt + 1)));
    }
  }
}

/** Flushes a folder's entries. Windows and some network disks cannot: the rename is then as firm as they make it. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF'].includes(code)) throw error;
  }
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) {
      const file = await open(path, 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    }
  }
  await syncFolder(folder);
}

/** A handler that turns "no such file" into a value and passes every other error on. */
function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return value;
    throw error;
  };
}

/** Free bytes on the disk of a path, or of its nearest folder that exists. */
async function freeBytes(path: string): Promise<number> {
  for (let at = resolve(path); ; at = dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return bavail * bsize;
    } catch (error) {
      if (at === dirname(at)) throw error;
    }
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const reasons: Record<string, string> = {
  ENOENT: 'its folder does not exist; create the folder or choose another',
  ENOTDIR: 'a part of the path is a file, not a folder; choose another path',
  EISDIR: 'a folder stands there already; choose another path',
  EEXIST: 'a file stands where a folder is needed; choose another path',
  EACCES: 'this user may not write there; change the permissions or choose another folder',
  EPERM: 'this user may not write there; change the permissions or choose another folder',
  EROFS: 'the disk is read-only; choose another folder',
  ENAMETOOLONG: 'the name is too long for this disk; choose a shorter one',
  EFBIG: 'the file is larger than this disk or this process may write; raise the limit or choose another disk',
};

/** The system's error in words, with the free space where that is the matter. Other errors pass unchanged. */
async function explained(speaker: string, path: string, error: unknown): Promise<unknown> {
  const code = (error as NodeJS.ErrnoException)?.code ?? '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const free = await freeBytes(path).then(megabytes, () => 'an unknown amount');
    const what = code === 'ENOSPC' ? 'the disk is full' : 'the disk quota is used up';
    return new MissingFileError(`${speaker}: ${path}: ${what} (${free} free); make room or choose another folder.`, {
      cause: error,
    });
  }
  const reason = reasons[code];
  return reason ? new MissingFileError(`${speaker}: ${path} cannot be written: ${reason}.`, { cause: error }) : error;
}
