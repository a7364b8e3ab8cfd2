import { isFolder, readBytes } from '#files';
import { DataError, MissingFileError } from '../core/index.ts';

/** The files of one model or tokenizer, wherever they lie. */
export interface ModelFolder {
  /** The name it was asked for by. */
  readonly name: string;
  /** The path on this machine. */
  readonly path: string;
}

/**
 * Finds the folder of a model, a tokenizer or a data set by its path.
 * @throws MissingFileError when there is no such folder.
 */
export async function resolveFolder(speaker: string, name: string): Promise<ModelFolder> {
  if (await isFolder(name)) return { name, path: name };
  const hubId = /^[\w.-]+(\/[\w.-]+)?$/.test(name) && !name.startsWith('.');
  const mend = hubId
    ? `to use ${name} of the Hugging Face hub, download it first (hf download ${name} --local-dir ${name}) and give that folder`
    : 'give the path of a folder that has the files';
  throw new MissingFileError(`${speaker}: there is no folder ${name}; ${mend}.`);
}

/** The bytes of a file of a folder, or undefined when it has none of that name. */
export async function readFile(folder: ModelFolder, name: string): Promise<Uint8Array | undefined> {
  return readBytes(folder.path, name);
}

/**
 * The text of a UTF-8 file of a folder, or undefined when it has none of that name.
 * @throws DataError when the file is not UTF-8.
 */
export async function readText(folder: ModelFolder, name: string): Promise<string | undefined> {
  const bytes = await readBytes(folder.path, name);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError(`${folder.name}/${name}: the bytes are not UTF-8 text; save the file as UTF-8.`, { cause });
  }
}

/**
 * The parsed content of a JSON file of a folder, or undefined when it has none of that name.
 * @throws DataError when it is not JSON, with the place where it stops being so.
 */
export async function readJson(folder: ModelFolder, name: string): Promise<unknown> {
  const text = await readText(folder, name);
  return text === undefined ? undefined : parseJson(`${folder.name}/${name}`, text);
}

/**
 * JSON text as a value.
 * @throws DataError when it is not JSON; `where` says whose text it is.
 */
export function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const cut = text.trim() === '' ? 'the file is empty' : (cause as Error).message;
    throw new DataError(`${where}: ${cut}; whole JSON is needed: fetch or save the file again.`, { cause });
  }
}
