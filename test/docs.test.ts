import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { commands } from '../src/cli/commands.ts';
import { parseArguments } from '../src/cli/parse.ts';
import { type CodeBlock, exampleBlocks, fencedBlocks } from './support/code-blocks.ts';
import { exportedNames, programOf } from './support/compile.ts';
import { filesBelow, readManifest, root } from './support/repository.ts';

/*
 * What the documents show is true. A `ts` block compiles; with `run` behind the language it also runs; with a file's path
 * behind it, it is an excerpt and stands in that file word for word. An `@example` may leave out the imports of what its own
 * file, its folder or `qkv` exports.
 */

const documents = ['README.md', 'CONTRIBUTING.md', ...filesBelow('docs', (path) => path.endsWith('.md'))];
const fenced = documents.flatMap((file) => fencedBlocks(file, readFileSync(join(root, file), 'utf8')));
const examples = filesBelow('src', (path) => path.endsWith('.ts') && !path.endsWith('.test.ts')).flatMap((path) =>
  exampleBlocks(root, join(root, path)),
);
const isExcerpt = (block: CodeBlock): boolean => block.words[0]?.includes('.ts') ?? false;
const typescript = [...fenced, ...examples].filter((block) => block.language === 'ts' && !isExcerpt(block));
const titled = <T extends CodeBlock>(blocks: readonly T[]): [string, T][] =>
  blocks.map((block) => [`${block.file}:${block.line}`, block]);

/** Where a block would stand as a file of its own: inside the package, so that `qkv/…` is the package itself. */
const pathOf = (block: CodeBlock): string =>
  join(root, '.cache', 'docs', `${block.file.replaceAll('/', '__')}.${block.line}.ts`);

/** For an example without imports: those of the names it uses that its own file, its folder or `qkv` exports. */
function missingImports(block: CodeBlock, doors: ts.Program): string {
  if (!block.file.startsWith('src/') || /^import /m.test(block.code)) return '';
  const words = new Set(block.code.match(/[A-Za-z_$][\w$]*/g));
  const checker = doors.getTypeChecker();
  const found = new Map<string, string>();
  for (const door of [block.file, `${dirname(block.file).split('/').slice(0, 2).join('/')}/index.ts`, 'src/index.ts']) {
    for (const { name } of exportedNames(checker, doors.getSourceFile(join(root, door)))) {
      const isDeclaredThere = new RegExp(`\\b(const|let|class|function|interface|type) ${name}\\b`).test(block.code);
      if (words.has(name) && !found.has(name) && !isDeclaredThere) found.set(name, door);
    }
  }
  return [...found].map(([name, door]) => `import { ${name} } from '../../${door}';`).join(' ');
}

const behindDoors = [...examples.map(({ file }) => file), 'src/index.ts'];
const doors = programOf(new Map([[join(root, 'doors.ts'), behindDoors.map((file) => `import './${file}';`).join('\n')]]));
const texts = new Map(
  typescript.map((block) => [pathOf(block), `${missingImports(block, doors)} export {};\n${block.code}`] as const),
);

describe('code blocks compile', () => {
  const program = programOf(texts);
  test.each(titled(typescript))('%s', (_, block) => {
    const source = program.getSourceFile(pathOf(block))!;
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    const told = found.map((each) => {
      const line = source.getLineAndCharacterOfPosition(each.start ?? 0).line + block.line - 1;
      return `${block.file}:${line}: ${ts.flattenDiagnosticMessageText(each.messageText, '\n')}`;
    });
    expect(told).toEqual([]);
  });
});

const excerpts = fenced.filter(isExcerpt);
describe.runIf(excerpts.length > 0)('excerpts stand in their files', () => {
  test.each(titled(excerpts))('%s', (_, block) => {
    const path = block.words[0]!;
    expect(readFileSync(join(root, path), 'utf8').includes(block.code), `${path} has no such lines:\n${block.code}`).toBe(true);
  });
});

const runnable = typescript.filter((block) => block.words.includes('run'));
describe.runIf(runnable.length > 0)('code blocks marked `run` run', () => {
  test.each(titled(runnable))('%s', async (_, block) => {
    const path = pathOf(block);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, texts.get(path)!.replaceAll("from '../../src/", `from '${pathToFileURL(root)}src/`));
    await import(/* @vite-ignore */ path);
  });
});

/** The commands of a shell block, without comments and with lines that go on after a backslash joined. */
function shellCommands(block: CodeBlock): string[] {
  const lines = block.code.replaceAll(/\\\n\s*/g, ' ').split('\n');
  return lines.map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter((line) => line !== '');
}

/** The words of a command line; only double and single quotes are known. */
const wordsOf = (line: string): string[] =>
  (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll(/^["']|["']$/g, ''));

describe('shell blocks name what there is', () => {
  const lines = fenced
    .filter((block) => ['sh', 'bash', 'shell'].includes(block.language))
    .flatMap((block) => shellCommands(block).map((line): [string, string] => [`${block.file}:${block.line} ${line}`, line]));
  const { scripts } = readManifest();

  /** Throws what the command itself would say of these words; files that the reader is to bring are stood in for. */
  async function readCommandLine([name = '', ...words]: readonly string[]): Promise<void> {
    const entry = commands.find((each) => each.name === name);
    expect(entry, `qkv has no command ${name}`).toBeDefined();
    const standIn = fileURLToPath(import.meta.url);
    parseArguments(
      await entry!.load(),
      words.map((word) => (/\.(csv|tsv|jsonl|txt)$/.test(word) ? standIn : word)),
    );
  }

  test('the README has some', () => expect(lines.some(([title]) => title.startsWith('README.md'))).toBe(true));
  test.each(lines)('%s', async (_, line) => {
    const words = wordsOf(line);
    const [program, first = '', ...rest] = words;
    if (program === 'qkv') await readCommandLine(words.slice(1));
    else if (program === 'npx' && first === 'qkv') await readCommandLine(rest);
    else if (program === 'node' || program === 'bash')
      expect(existsSync(join(root, words.find((word) => word.includes('.'))!))).toBe(true);
    else if (program === 'npm') {
      const script = first === 'run' ? rest[0]! : first;
      if (['ci', 'install', 'pack', 'publish', 'version'].includes(script)) return;
      expect(Object.keys(scripts)).toContain(script);
      const started = /dist\/cli\/main\.js(.*)$/.exec(scripts[script]!)?.[1];
      const added = words.indexOf('--');
      if (started !== undefined) await readCommandLine([...wordsOf(started), ...(added === -1 ? [] : words.slice(added + 1))]);
    } else expect(['git', 'cd', 'python', 'pip']).toContain(program);
  });
});
