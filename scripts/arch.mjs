// Draws the layers into docs/architecture.md, between its two marks, from the table in .dependency-cruiser.cjs.
//
//   node scripts/arch.mjs           writes the picture and the table
//   node scripts/arch.mjs --check   fails when they are not what would be written
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const { layers } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');
const file = fileURLToPath(new URL('../docs/architecture.md', import.meta.url));
const [start, end] = ['<!-- layers: written by npm run arch -->', '<!-- /layers -->'];

const standing = Object.keys(layers).filter((folder) => existsSync(new URL(`../src/${folder}/index.ts`, import.meta.url)));
const importsOf = (folder) =>
  Array.isArray(layers[folder]) ? layers[folder].filter((each) => standing.includes(each)) : standing;

/** All that `folder` reaches, itself left out. */
function reach(folder) {
  const direct = importsOf(folder);
  return new Set([...direct, ...direct.flatMap((each) => [...reach(each)])]);
}

/** The first comment of a folder's index.ts up to its first full stop: what lives there. */
function purpose(folder) {
  const text = readFileSync(new URL(`../src/${folder}/index.ts`, import.meta.url), 'utf8');
  const comment = /^(?:\s*\/\/.*\n)+|^\s*\/\*[\s\S]*?\*\//.exec(text)?.[0] ?? '';
  const words = comment
    .replace(/^\s*(\/\*\*?|\*\/|\*|\/\/)/gm, ' ')
    .replace(/\*\/\s*$/, '')
    .replace(/\s+/g, ' ')
    .trim();
  return /^.*?[.](?= |$)/.exec(words)?.[0] ?? words;
}

/** An arrow for each import that no longer path implies: core, which everything imports, would otherwise hide the rest. */
function arrows(folder) {
  const direct = importsOf(folder);
  return direct.filter((each) => !direct.some((other) => other !== each && reach(other).has(each)));
}

function draw() {
  const folders = standing.filter((folder) => Array.isArray(layers[folder]));
  return [
    start,
    '',
    '```mermaid',
    'flowchart BT',
    ...folders.flatMap((folder) => [`  ${folder}`, ...arrows(folder).map((each) => `  ${folder} --> ${each}`)]),
    '```',
    '',
    'An arrow reads “imports”; arrows that a longer path implies are left out, and the table has them all.',
    '',
    '| folder | what lives there | imports |',
    '|---|---|---|',
    ...standing.map((folder) => {
      const names = Array.isArray(layers[folder]) ? importsOf(folder).join(' ') || 'nothing' : layers[folder];
      return `| \`${folder}/\` | ${purpose(folder)} | ${names} |`;
    }),
    '',
    end,
  ].join('\n');
}

const text = readFileSync(file, 'utf8');
const [from, to] = [text.indexOf(start), text.indexOf(end)];
if (from === -1 || to < from)
  throw new Error(`docs/architecture.md: the marks ${start} and ${end} are missing; put them back.`);
const drawn = text.slice(0, from) + draw() + text.slice(to + end.length);
if (!process.argv.includes('--check')) writeFileSync(file, drawn);
else if (drawn !== text) {
  console.error(
    'docs/architecture.md: the layers are not as .dependency-cruiser.cjs and src/*/index.ts say; run npm run arch.',
  );
  process.exitCode = 1;
}
