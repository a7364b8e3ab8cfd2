import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { exportedNames, programOf } from './support/compile.ts';
import { filesBelow, root } from './support/repository.ts';

const doors = filesBelow('src', (path) => /^src\/([^/]+\/)?index\.ts$/.test(path));

test('every name that an index.ts exports has a doc comment', () => {
  const program = programOf(new Map([[join(root, 'doors.ts'), doors.map((door) => `import './${door}';`).join('\n')]]));
  const checker = program.getTypeChecker();
  const lacking = doors.flatMap((door) =>
    exportedNames(checker, program.getSourceFile(join(root, door))).flatMap((name) => {
      const declared = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
      // A whole module under one name (`export * as functional`) is told by the comments of what it holds.
      if (declared.flags & ts.SymbolFlags.Module && !(declared.flags & ~ts.SymbolFlags.Module & ts.SymbolFlags.Value))
        return [];
      const isTold = declared.getDocumentationComment(checker).length > 0 || declared.getJsDocTags(checker).length > 0;
      return isTold ? [] : [`${door}: ${name.name}`];
    }),
  );
  expect(lacking).toEqual([]);
});

test('every index.ts says what lives in its folder', () => {
  const program = programOf(new Map([[join(root, 'doors.ts'), doors.map((door) => `import './${door}';`).join('\n')]]));
  const silent = doors.filter((door) => !/^\s*(\/\/|\/\*)/.test(program.getSourceFile(join(root, door))!.text));
  expect(silent).toEqual([]);
});
