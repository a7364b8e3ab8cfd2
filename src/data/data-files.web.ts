import { MissingFileError } from '../core/index.ts';
import type { DataFile } from './data-files.types.ts';

/**
 * The file at a web address. (Files a visitor chose are handed to `load_dataset` as they are: a File is a Blob.)
 * @throws MissingFileError when the server does not give it.
 */
export async function findDataFiles(path: string): Promise<DataFile[]> {
  const response = await fetch(path).catch((cause) => {
    throw new MissingFileError(
      `load_dataset: ${path} cannot be fetched; check the address and whether its server allows this page.`,
      {
        cause,
      },
    );
  });
  if (!response.ok)
    throw new MissingFileError(`load_dataset: ${path}: the server answered ${response.status}; check the address.`);
  // Kept as a Blob: reading starts over when quotes turn out to be text, and the browser may hold it on disk.
  const blob = await response.blob();
  return [{ name: path, open: () => blobChunks(blob) }];
}

async function* blobChunks(blob: Blob): AsyncGenerator<Uint8Array> {
  const reader = blob.stream().getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}
