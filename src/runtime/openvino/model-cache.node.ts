import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** Models of fewer bytes compile as fast as they are read. */
const leastBytes = 32 * 2 ** 10;
/** How many models are kept; the one not used for the longest time goes first. */
const limit = 64;

/**
 * The folder in which OpenVINO may keep one compiled model, or null where that is not worth while or not possible. Each has a
 * folder of its own: OpenVINO tells models apart by a sum that leaves out the values of some constants, so that in one
 * folder for all it has taken one model for another.
 * @param settings what the model is compiled with.
 */
export async function cachedModelFolder(root: string, model: Uint8Array, settings: readonly string[]): Promise<string | null> {
  if (model.length < leastBytes) return null;
  const key = createHash('sha256').update(settings.join('\n')).update('\n').update(model).digest('hex').slice(0, 32);
  const folder = join(root, key);
  try {
    await mkdir(folder, { recursive: true });
    const now = new Date();
    await utimes(folder, now, now);
    await dropOldest(root);
    return folder;
  } catch {
    // A disk that is full or closed to us costs time, and nothing else.
    return null;
  }
}

async function dropOldest(root: string): Promise<void> {
  const names = await readdir(root);
  if (names.length <= limit) return;
  const aged = await Promise.all(
    names.map(async (name) => ({
      name,
      used: await stat(join(root, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    })),
  );
  aged.sort((a, b) => b.used - a.used);
  for (const { name } of aged.slice(limit)) await rm(join(root, name), { recursive: true, force: true });
}
