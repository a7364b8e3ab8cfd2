#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import * as module from 'node:module';

// Node 22 and later keep compiled code between runs; it has to be asked before the rest is imported.
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();

const [{ runFromTerminal }, { commands }] = await Promise.all([import('./terminal.ts'), import('./commands.ts')]);
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
  bugs?: { url: string };
};
await runFromTerminal(process.argv.slice(2), {
  commands,
  version: manifest.version,
  reportTo: manifest.bugs?.url ?? "qkv's issue tracker",
});
