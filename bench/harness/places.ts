import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The repository's root. */
export const root = join(import.meta.dirname, '../..');
/** The folder of the questions. */
export const benchFolder = join(root, 'bench');
/** What `npm run bench:setup` installs, and git ignores. */
export const peersFolder = join(benchFolder, '.peers');
/** The Python environment of the peers. */
export const pythonFolder = join(peersFolder, 'python');
/** The folder whose `node_modules` holds the peers from npm. */
export const npmFolder = join(peersFolder, 'npm');

/** The interpreter of the peers' Python environment, or null where `npm run bench:setup` has not made one. */
export function peerPython(): string | null {
  const places = [join(pythonFolder, 'bin/python'), join(pythonFolder, 'Scripts/python.exe')];
  return places.find((place) => existsSync(place)) ?? null;
}
