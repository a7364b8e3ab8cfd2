import { DataError } from '../core/index.ts';
import { readSafetensors, type TensorData } from './safetensors.ts';

/**
 * All tensors of a checkpoint in several files, from its `model.safetensors.index.json`, in the order of the index.
 * `readFile` gets a shard's file name and gives its bytes; each shard is asked for once.
 * @throws DataError when the index is broken, a shard lacks a tensor the index puts there, or holds one it does not name.
 */
export async function readShardedSafetensors(
  indexJson: string,
  readFile: (fileName: string) => Promise<Uint8Array>,
  source = 'model.safetensors.index.json',
): Promise<Map<string, TensorData>> {
  const places = readWeightMap(indexJson, source);
  const shards = new Map<string, Map<string, TensorData>>();
  for (const fileName of new Set(places.values())) {
    const { tensors } = readSafetensors(await readFile(fileName), fileName);
    for (const name of tensors.keys()) {
      if (places.get(name) !== fileName) {
        throw new DataError(
          `readShardedSafetensors: ${fileName} holds ${name}, which ${source} ` +
            `${places.has(name) ? `puts into ${places.get(name)}` : 'does not name'}; the files are not of one checkpoint.`,
        );
      }
    }
    shards.set(fileName, tensors);
  }
  const all = new Map<string, TensorData>();
  for (const [name, fileName] of places) {
    const tensor = shards.get(fileName)!.get(name);
    if (!tensor) {
      throw new DataError(
        `readShardedSafetensors: ${source} puts ${name} into ${fileName}, which does not hold it; the files are not of one checkpoint.`,
      );
    }
    all.set(name, tensor);
  }
  return all;
}

function readWeightMap(indexJson: string, source: string): Map<string, string> {
  let index: unknown;
  try {
    index = JSON.parse(indexJson);
  } catch (cause) {
    throw new DataError(`readShardedSafetensors: ${source} is not JSON; get the file again.`, { cause });
  }
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new DataError(`readShardedSafetensors: ${source} has no weight_map object; get the file again.`);
  }
  for (const [name, fileName] of Object.entries(map)) {
    // A shard lies beside its index. A path that leaves the folder is a trap in a file from strangers.
    if (typeof fileName !== 'string' || !/^[^/\\:]+$/.test(fileName) || fileName === '..') {
      throw new DataError(
        `readShardedSafetensors: ${source} puts ${name} into ${JSON.stringify(fileName)}; a plain file name is needed.`,
      );
    }
  }
  return new Map(Object.entries(map as Record<string, string>));
}
