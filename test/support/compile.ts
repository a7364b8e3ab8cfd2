import { join } from 'node:path';
import ts from 'typescript';
import { root } from './repository.ts';

/** The settings of tsconfig.json, as the compiler reads them. */
function compilerOptions(): ts.CompilerOptions {
  const read = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  return ts.parseJsonConfigFileContent(read.config, ts.sys, root).options;
}

/**
 * A program of texts that stand in no file, by the path at which they would stand, beside the files they import.
 * @example
 * const program = programOf(new Map([['/repository/a.ts', 'export const a = 1;']]));
 */
export function programOf(texts: ReadonlyMap<string, string>): ts.Program {
  const options = compilerOptions();
  const host = ts.createCompilerHost(options, true);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = texts.get(path);
    return text === undefined ? getSourceFile(path, language, ...rest) : ts.createSourceFile(path, text, language, true);
  };
  return ts.createProgram([...texts.keys()], options, host);
}

/** The names that a module exports, as its importers see them. */
export function exportedNames(checker: ts.TypeChecker, source: ts.SourceFile | undefined): ts.Symbol[] {
  const module = source && checker.getSymbolAtLocation(source);
  return module ? checker.getExportsOfModule(module) : [];
}
