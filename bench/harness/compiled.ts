import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { root } from './places.ts';

/**
 * A TypeScript program of the bench as JavaScript that plain Node runs, with the files it imports beside it. `qkv/…` stays as
 * it is and is the built package there, so that nothing is measured but what a user would have.
 * @returns the JavaScript file.
 */
export function compiled(file: string): string {
  const target = (source: string) => join(root, '.cache/bench', relative(root, source).replace(/\.ts$/, '.js'));
  const open = [resolve(file)];
  const done = new Set<string>();
  while (open.length > 0) {
    const source = open.pop()!;
    if (done.has(source)) continue;
    done.add(source);
    const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), {
      fileName: source,
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    mkdirSync(dirname(target(source)), { recursive: true });
    writeFileSync(target(source), outputText);
    for (const [, name] of outputText.matchAll(/from ['"](\.[^'"]*)\.js['"]/g))
      open.push(resolve(dirname(source), `${name}.ts`));
  }
  return target(resolve(file));
}
