import { MissingFileError } from '../core/index.ts';
import type { DataFile } from './data-files.types.ts';

/**
 * The file at a web address. `speaker` is who asks, for errors. (Files a visitor chose are handed to `load_dataset` as they are: a File is a Blob.)
 * @throws MissingFileError when the server does not give it.
 */
export async function findDataFiles(speaker: string, path: string): Promise<DataFile[]> {
  const response = await fetch(path).catch((cause) => {
    throw new MissingFileError(
      `${speaker}: ${path} cannot be fetched; check the address and whether its server allows this page.`,
      {
        cause,
      },
    );
  });
  if (!response.ok)
    throw new MissingFileError(`${speaker}: ${path}: the server answered ${response.status}; check the address.`);
  // Kept as a Blob: reading starts over when quotes turn out to be text, and the browser may hold it on disk.
  const blob = await response.blob();
  return [{ name: path, byteLength: blob.size, open: () => blobChunks(blob) }];
}

async function* blobChunks(blob: Blob): AsyncGenerator<Uint8Array> {
  const reader = blob.stream().getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}
