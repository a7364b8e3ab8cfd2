import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import ts from 'typescript';

/** A piece of code that stands in a document or in a doc comment. */
export interface CodeBlock {
  /** Path of the file from the repository's root, with slashes. */
  readonly file: string;
  /** Line of its first line of code, counted from 1. */
  readonly line: number;
  /** The first word after the fence: `ts`, `sh`. */
  readonly language: string;
  /** The words after the language. */
  readonly words: readonly string[];
  readonly code: string;
}

/** The fenced blocks of a Markdown text. `offset` is the number of lines that stand before it in its file. */
export function fencedBlocks(file: string, markdown: string, offset = 0): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = markdown.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const [, indent, fence, info] = /^(\s*)(`{3,})\s*(.*?)\s*$/.exec(lines[i]!) ?? [];
    if (indent === undefined || fence === undefined) continue;
    const end = lines.findIndex((line, at) => at > i && line.trim() === fence);
    if (end === -1) throw new Error(`${file}:${offset + i + 1}: a code block is opened and never closed.`);
    const code = lines
      .slice(i + 1, end)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()));
    const [language = '', ...words] = (info ?? '').split(/\s+/);
    blocks.push({ file, line: offset + i + 2, language, words, code: code.join('\n') });
    i = end;
  }
  return blocks;
}

/** What stands behind each `@example` of a source file, fenced or not. */
export function exampleBlocks(root: string, path: string): CodeBlock[] {
  const text = readFileSync(path, 'utf8');
  if (!text.includes('@example')) return [];
  const file = relative(root, path).replaceAll('\\', '/');
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const blocks = new Map<number, CodeBlock>();
  const visit = (node: ts.Node): void => {
    for (const tag of ts.getJSDocTags(node)) {
      if (tag.tagName.text !== 'example' || blocks.has(tag.pos)) continue;
      const comment = ts.getTextOfJSDocComment(tag.comment) ?? '';
      const line = source.getLineAndCharacterOfPosition(tag.pos).line + 1;
      const fenced = fencedBlocks(file, comment, line - 1);
      for (const [i, block] of (fenced.length > 0
        ? fenced
        : [{ file, line, language: 'ts', words: [], code: comment }]
      ).entries()) {
        blocks.set(tag.pos + i, block);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...blocks.values()];
}
