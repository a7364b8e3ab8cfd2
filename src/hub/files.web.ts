import { UnsupportedError } from '../core/index.ts';

function refuse(speaker: string, path: string, instead: string): never {
  throw new UnsupportedError(`${speaker}: ${path}: a browser has no file system; ${instead}.`);
}

/** Not in a browser: there is never a folder. */
export async function isFolder(_path: string): Promise<boolean> {
  return false;
}

/** Not in a browser: always rejects. */
export async function readBytes(folder: string, name: string): Promise<Uint8Array | undefined> {
  return refuse('readFile', `${folder}/${name}`, 'fetch the file and build the object from its content');
}

/** Not in a browser: always rejects. */
export async function writeFiles(folder: string, _files: Readonly<Record<string, string | Uint8Array>>): Promise<string[]> {
  return refuse('writeFiles', folder, 'offer the content as a download');
}
