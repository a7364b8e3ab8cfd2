import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { benchFolder } from './places.ts';
import type { Question } from './question.ts';

/** Every question: what each `*.bench.ts` in `bench/` exports, under whatever name. */
export async function loadQuestions(): Promise<Question[]> {
  const files = readdirSync(benchFolder).filter((file) => file.endsWith('.bench.ts'));
  const addresses = files.sort().map((file) => pathToFileURL(join(benchFolder, file)).href);
  const modules = await Promise.all(addresses.map((address) => import(address) as Promise<Record<string, Question>>));
  return modules.flatMap((module) => Object.values(module));
}
