// Joins dist/ for Node into few files, dist/node/: finding and reading hundreds of modules is most of what an import costs there.
// Browsers' bundlers get the files of dist/ as they are, of which they leave out what is not used. Run by ensure-installed.mjs.
import { readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const { exports, name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = join(root, 'dist', 'node');

/** Each door's files: what browsers' bundlers read, by the name of the file that Node reads. */
const input = Object.fromEntries(
  Object.values(exports)
    .filter((door) => typeof door === 'object')
    .map((door) => [relative(folder, join(root, door.node)).replace(/\.js$/, ''), join(root, door.default)]),
);

const bundle = await rolldown({
  input,
  cwd: root,
  platform: 'node',
  // What is installed beside the package stays outside.
  external: (id) => /^[^./#]/.test(id) && !id.startsWith(root) && id !== name,
  onLog: (level, { message }) => {
    throw new Error(`bundle: ${level}: ${message}`);
  },
});
rmSync(folder, { recursive: true, force: true });
await bundle.write({
  dir: folder,
  format: 'esm',
  // All files lie side by side, as deep as src/cli/: some read ../../package.json.
  entryFileNames: '[name].js',
  chunkFileNames: 'part-[name]-[hash].js',
  comments: false,
  keepNames: true,
});
await bundle.close();
