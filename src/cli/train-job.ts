import { readFileSync } from 'node:fs';
import { pipeline } from '../pipelines/index.ts';
import { formatBytes, formatDuration } from '../progress/index.ts';
import { machineFacts, openRuntime, type Precision } from '../runtime/index.ts';
import { setDefaultDevice } from '../tensor/index.ts';
import { type Environment, get_last_checkpoint, type TextClassifierResult, trainTextClassifier } from '../trainer/index.ts';
import type { Io } from './command.ts';
import { runtimeRequest } from './device-flags.ts';
import { InterruptedError } from './errors.ts';
import { comparisonTable, confusionTable, scoresTable } from './scores.ts';
import { formatTable, type TableStyle } from './table.ts';
import { modelSizes, type TrainOptions } from './train-flags.ts';

/** Does what `qkv train` is asked to do, prints the result, and after an interruption how to go on. `given` are the flags as written. */
export async function trainAndShow(options: TrainOptions, given: object, io: Io): Promise<void> {
  const { device, ...machine } = options.machine;
  setDefaultDevice(device ?? null, { ...machine, precision: precisionOf(options) });
  try {
    const result = await trainTextClassifier(options, {
      environment: await environmentOf(options),
      progress: io.progress,
      signal: io.signal,
      log: (line) => io.progress.log(line),
    });
    await show(options, given, result, io);
  } catch (error) {
    if (error instanceof InterruptedError) await tellHowToResume(options, given, io);
    throw error;
  }
}

/** The flag's, or else what the environment says. */
function precisionOf({ args }: TrainOptions): Precision | undefined {
  return args.bf16 === undefined ? undefined : args.bf16 ? 'bfloat16' : 'float32';
}

async function environmentOf(options: TrainOptions): Promise<Environment> {
  const runtime = await openRuntime(runtimeRequest(options.machine, precisionOf(options)));
  const { platform, arch, cpu, cores, memoryBytes } = machineFacts();
  return {
    versions: { qkv: ownVersion(), node: process.versions.node, [runtime.name]: runtime.version },
    device: runtime.device,
    runtime: runtime.name,
    precision: runtime.precision,
    threads: runtime.threads,
    machine: { platform, arch, cpu, cores, memory_bytes: memoryBytes },
  };
}

function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}

/** Prints the final tables, and what the saved folder says of a few texts that it never saw. */
async function show(options: TrainOptions, given: object, { report, test }: TextClassifierResult, io: Io): Promise<void> {
  const { output_dir } = options;
  const style: TableStyle = { width: io.stdout.columns ?? 100, colored: io.colored };
  const print = (text: string) => io.stdout.write(text);
  const { labels } = report;
  using classify = await pipeline('text-classification', output_dir);
  const rows = chosenRows(test.column('label'), labels.length);
  const texts = rows.map((row) => test.at(row).text);
  const answers = await classify(texts, { signal: io.signal });
  print(`\nTexts that the model never saw, classified by the saved folder ${output_dir}\n\n`);
  print(
    formatTable(
      [{ head: 'text' }, { head: 'is' }, { head: 'taken for' }, { head: 'score', align: 'right' }],
      rows.map((row, i) => [
        beginning(texts[i]!),
        labels[test.at(row).label]!,
        answers[i]!.label,
        answers[i]!.score.toFixed(3),
      ]),
      style,
    ),
  );
  print(`\nOn ${test.length} held-out examples\n\n${scoresTable(report.test.classes, report.test.accuracy, style)}`);
  if (labels.length <= 12) print(`\n${confusionTable(labels, report.test.confusion_matrix, style)}`);
  const figures = ({ accuracy, macro_f1, classes }: typeof report.baseline) => ({
    accuracy,
    'mean F1': macro_f1,
    ...(labels.length <= 6 && Object.fromEntries(classes.map(({ label, f1 }) => [`F1 ${label}`, f1]))),
  });
  const contestants = [
    { name: report.model.from, scores: figures(report.test) },
    { name: 'bag of words, logistic regression', scores: figures(report.baseline) },
  ];
  print(`\n${comparisonTable(contestants, style)}`);
  const { time, memory, training } = report;
  const peak = memory.peak_bytes === null ? '' : `, at most ${formatBytes(memory.peak_bytes)} of memory`;
  print(
    `\n${training.steps} steps in ${formatDuration(training.runtime_seconds)}, all of it in ${formatDuration(time.total_seconds)}${peak}.\n`,
  );
  print(nextSteps(options, given, texts[0]!, io));
}

/** A few rows, as many of each class as can be, in the order of the data. */
function chosenRows(labels: ArrayLike<number>, classes: number): number[] {
  const perClass = Math.max(1, Math.floor(6 / classes));
  const taken = new Array<number>(classes).fill(0);
  const rows: number[] = [];
  for (let row = 0; row < labels.length && rows.length < 8; row++) {
    if (taken[labels[row]!]! >= perClass) continue;
    taken[labels[row]!]!++;
    rows.push(row);
  }
  return rows;
}

function beginning(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 60 ? line : `${Array.from(line).slice(0, 59).join('')}…`;
}

/** How this program is called where it was called from: inside the repository it is not on the path. */
function programName({ npm_lifecycle_event: script }: Io['env']): string {
  if (script === undefined) return 'qkv';
  return script === 'npx' ? 'npx qkv' : 'npm run qkv --';
}

/** The flags as they were written, but for some. */
function written(given: object, ...except: readonly string[]): string {
  return Object.entries(given)
    .filter(([name]) => !except.includes(name))
    .map(([name, value]) =>
      typeof value === 'boolean' ? `--${value ? '' : 'no_'}${name}` : `--${name} ${quoted(String(value))}`,
    )
    .join(' ');
}

function nextSteps({ output_dir, data, model }: TrainOptions, given: object, text: string, { env }: Io): string {
  const qkv = programName(env);
  const folder = quoted(output_dir);
  const beginning =
    text
      .match(/[\p{L}\p{N}]+/gu)
      ?.slice(0, 6)
      .join(' ') ?? '';
  const larger = modelSizes[modelSizes.indexOf(model && 'size' in model ? model.size : 'tiny') + 1];
  const again = written(given, 'model', 'output_dir', 'resume', 'overwrite_output_dir');
  const lines: readonly (readonly [command: string, help: string])[] = [
    [`run --model ${folder} ${quoted(beginning)}`, 'Classify a text:'],
    [`run --model ${folder} --file texts.txt --json`, 'A text on each line of a file, answers as JSON:'],
    ...('recipe' in data
      ? [['train --data reviews.tsv --text_column document --label_column label', 'The same on your own file:'] as const]
      : []),
    ...(larger && !(model && 'folder' in model)
      ? [[`train ${again} --model ${larger} --output_dir ${quoted(`${output_dir}-${larger}`)}`, 'A larger model:'] as const]
      : []),
  ];
  const commands = lines.map(([command, help]) => `  ${help}\n    ${qkv} ${command}\n`).join('');
  return `\nWhat next\n\n${commands}\n${output_dir} has the model, report.json, loss.svg, confusion.svg, and a README.md that says how to load it in Python.\n`;
}

async function tellHowToResume({ output_dir }: TrainOptions, given: object, io: Io): Promise<void> {
  const checkpoint = await get_last_checkpoint(output_dir);
  if (checkpoint === null) {
    io.stderr.write(`Stopped; there is no checkpoint to go on from.\n`);
    return;
  }
  const words = written(given, 'resume', 'overwrite_output_dir');
  io.stderr.write(`Stopped; ${checkpoint} is saved. To go on:\n\n  ${programName(io.env)} train ${words} --resume\n\n`);
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `"${word.replaceAll(/["\\$`]/g, '\\$&')}"`;
}
