import type { LogEntry } from '../callbacks.ts';
import type { ProcessFacts } from '../run-folder.types.ts';
import type { SplitName } from './examples.ts';
import type { Scores } from './scores.ts';

/** Where a run was made: facts that the caller knows and the trainer does not. */
export interface Environment {
  /** Versions of qkv, of Node and of what computes, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly device: string;
  /** The name of what computes on it. */
  readonly runtime: string;
  /** What products were computed in: `float32` or `bfloat16`. */
  readonly precision: string;
  readonly threads: number;
  /** Operating system, processor, cores. */
  readonly machine: Readonly<Record<string, string | number | null>>;
}

/** What report.json holds: what was made, of what, how, and how good it is. */
export interface RunReport {
  readonly task: 'text-classification';
  /** When the run ended, as ISO 8601. */
  readonly finished: string;
  /** Whether it went on from a checkpoint; times and memory are then those of the last part. */
  readonly resumed: boolean;
  readonly model: {
    readonly type: string;
    readonly from: string;
    readonly parameters: number;
    readonly vocab_size: number;
    readonly max_length: number;
  };
  readonly labels: readonly string[];
  readonly data: {
    readonly name: string;
    readonly hash: string;
    readonly splits: Readonly<
      Record<SplitName, { readonly examples: number; readonly classes: Readonly<Record<string, number>> }>
    >;
    readonly notes: readonly string[];
  };
  readonly seed: number;
  readonly training: {
    readonly steps: number;
    readonly epochs: number;
    readonly loss: number;
    /** The checkpoint whose weights were kept, or null for the last step's. */
    readonly best_step: number | null;
    readonly runtime_seconds: number;
  };
  readonly validation: LogEntry;
  readonly test: Scores & { readonly loss: number };
  /** Logistic regression on words and word pairs, fitted to the same training part and judged on the same test part. */
  readonly baseline: Scores;
  readonly versions: Environment['versions'];
  readonly machine: Environment['machine'] & Pick<Environment, 'device' | 'runtime' | 'precision' | 'threads'>;
  readonly time: {
    readonly total_seconds: number;
    readonly cpu_seconds: number | null;
    readonly phases: Readonly<Record<string, number>>;
  };
  readonly memory: { readonly peak_bytes: ProcessFacts['peakMemoryBytes'] };
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const figure = (value: number) => value.toFixed(3);

/** The README.md of a run's folder: what the model is, how good it is, and the two ways to load it. */
export function modelCard(report: RunReport, title: string): string {
  const { test, baseline, data, model, training } = report;
  const rows = test.classes.map(
    ({ label, precision, recall, f1, support }, i) =>
      `| ${cell(label)} | ${figure(precision)} | ${figure(recall)} | ${figure(f1)} | ${figure(baseline.classes[i]!.f1)} | ${support} |`,
  );
  const parts = Object.entries(data.splits).map(([name, { examples }]) => `${examples} ${name}`);
  return `---
library_name: transformers
pipeline_tag: text-classification
tags:
- text-classification
- qkv
---

# ${title}

A text classifier with ${report.labels.length} classes (${report.labels.slice(0, 20).join(', ')}${report.labels.length > 20 ? ', …' : ''}), ${model.parameters.toLocaleString('en')} parameters: ${model.from}. It reads the first ${model.max_length} tokens of a text.

## Use

In Python:

\`\`\`python
from transformers import pipeline

classify = pipeline('text-classification', '.', truncation=True)
print(classify('your text'))
\`\`\`

In TypeScript or JavaScript:

\`\`\`ts
import { pipeline } from 'qkv';

const classify = await pipeline('text-classification', '.');
console.log(await classify('your text'));
\`\`\`

On a command line: \`qkv run --model . "your text"\`. In each, \`.\` stands for this folder.

## How good it is

On ${test.classes.reduce((sum, { support }) => sum + support, 0)} held-out examples: accuracy ${percent(test.accuracy)}, mean F1 ${figure(test.macro_f1)}. A linear bag-of-words model on the same split: accuracy ${percent(baseline.accuracy)}, mean F1 ${figure(baseline.macro_f1)}.

| class | precision | recall | F1 | F1 of bag of words | examples |
|---|---:|---:|---:|---:|---:|
${rows.join('\n')}

![confusion matrix](confusion.svg)

## How it was made

Data: ${data.name} (${parts.join(', ')} examples; SHA-256 ${data.hash}).${data.notes.length > 0 ? ` ${data.notes.join(' ')}` : ''}
Training: ${training.steps} steps, ${Number(training.epochs.toFixed(2))} epochs, seed ${report.seed}${training.best_step === null ? '' : `, weights of step ${training.best_step}`}; ${Math.round(training.runtime_seconds)} s on ${report.machine.threads} ${report.machine.threads === 1 ? 'thread' : 'threads'}, in ${report.machine.precision} on ${report.machine.runtime}. All settings are in \`training_args.json\`, all figures in \`report.json\`, each logged step in \`metrics.jsonl\`.

![loss](loss.svg)
`;
}

/** A name inside a table of Markdown. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
