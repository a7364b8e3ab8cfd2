// npm run bench:convergence -- "NAME=FOLDER,FOLDER,…" "NAME=…" [--out FILE.svg]: the losses of runs that `qkv train` left, in one
// picture, and a table of what they came to on held-out examples.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lossComparison } from '../src/plots/index.ts';
import type { LogEntry, RunReport } from '../src/trainer/index.ts';

const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: 'string' } } });
const ways = positionals.map((text) => {
  const [name, folders] = text.split('=');
  if (!name || !folders) throw new Error(`bench:convergence: ${text} is not of the form NAME=FOLDER,FOLDER.`);
  const runs = folders.split(',').map((folder) => ({
    report: JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as RunReport,
    log: readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogEntry)
      .filter(({ loss }) => loss !== undefined),
  }));
  return { name, runs };
});
const [first] = ways.flatMap(({ runs }) => runs);
if (!first) throw new Error('bench:convergence: no run was named.');

for (const { name, runs } of ways) {
  const accuracies = runs.map(({ report }) => report.test.accuracy);
  const mean = accuracies.reduce((a, b) => a + b) / accuracies.length;
  const spread = Math.sqrt(accuracies.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, accuracies.length - 1));
  const { runtime, precision } = runs[0]!.report.machine;
  console.log(
    `${name} (${precision} on ${runtime}): accuracy ${accuracies.map((one) => one.toFixed(4)).join(', ')}; mean ${mean.toFixed(4)}, standard deviation ${spread.toFixed(4)}; ${runs.map(({ report }) => `${report.training.runtime_seconds.toFixed(0)} s`).join(', ')}`,
  );
}
const picture = lossComparison({
  title: 'Training loss',
  subtitle: `${first.report.data.name}, seeds ${[...new Set(ways.flatMap(({ runs }) => runs.map(({ report }) => report.seed)))].join(', ')}`,
  series: ways.map(({ name, runs }) => ({
    name,
    runs: runs.map(({ log }) => ({ steps: log.map(({ step }) => step!), loss: log.map(({ loss }) => loss!) })),
  })),
});
if (flags.out) writeFileSync(flags.out, picture);
