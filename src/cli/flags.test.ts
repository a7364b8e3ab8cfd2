import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bertSizes } from '../models/index.ts';
import { trainingArguments } from '../trainer/training-args.ts';
import { parseArguments } from './parse.ts';
import { runFlags, runOptions } from './run-flags.ts';
import { modelSizes, trainFlags, trainOptions } from './train-flags.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'qkv-flags-'));
  file = join(folder, 'reviews.tsv');
  writeFileSync(file, 'document\tlabel\n좋아요\t1\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const train = (...words: string[]) => trainOptions(parseArguments({ name: 'train', flags: trainFlags }, words));
const text = { name: 'text', help: 'Texts to classify', repeated: true };
const run = (...words: string[]) => runOptions(parseArguments({ name: 'run', flags: runFlags, positionals: text }, words));

const failure = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return String(error).replaceAll(file, 'reviews.tsv');
  }
  return 'no error';
};

describe('qkv train', () => {
  it("takes Hugging Face's training arguments, and keeps apart what was given", () => {
    const options = train(
      '--recipe',
      'spam-assassin',
      '--max_steps',
      '40',
      '--learning-rate=3e-4',
      '--seed=7',
      '--threads',
      '2',
    );
    expect(options).toEqual({
      task: 'text-classification',
      data: { recipe: 'spam-assassin' },
      text_column: undefined,
      label_column: undefined,
      model: undefined,
      max_length: undefined,
      vocab_size: undefined,
      freeze: undefined,
      output_dir: join('runs', 'spam-assassin'),
      overwrite: false,
      resume: false,
      machine: { device: undefined, runtime: undefined, threads: 2 },
      args: { max_steps: 40, learning_rate: 3e-4, seed: 7 },
    });
  });

  it('takes your own file', () => {
    const options = train('--data', file, '--text_column', 'document', '--label_column', 'label', '--model', 'tiny');
    expect(options).toMatchObject({ data: { file }, text_column: 'document', label_column: 'label', model: { size: 'tiny' } });
    expect(options.output_dir).toBe(join('runs', 'reviews'));
    expect(train('--train_file', file, '--test_file', file, '--model', './mine', '--output_dir', 'out')).toMatchObject({
      data: { train_file: file, validation_file: undefined, test_file: file },
      model: { folder: './mine' },
      output_dir: 'out',
    });
  });

  it('has every training argument as a flag, and every size', () => {
    for (const name of Object.keys(trainingArguments)) expect(trainFlags).toHaveProperty(name);
    expect([...modelSizes]).toEqual(Object.keys(bertSizes));
  });

  it('refuses what does not go together', () => {
    expect(failure(() => train())).toMatchInlineSnapshot(
      `"UsageError: qkv train: there is nothing to train on; give --data with your file, --train_file, or --recipe. \`qkv help train\` shows examples."`,
    );
    expect(failure(() => train('--recipe', 'spam-assassin', '--data', file))).toMatchInlineSnapshot(
      `"UsageError: qkv train: --recipe and --data each name the data; give one of them."`,
    );
    expect(failure(() => train('--data', file, '--test_file', file))).toMatchInlineSnapshot(
      `"UsageError: qkv train: --test_file goes with --train_file; --data is split by qkv."`,
    );
    expect(failure(() => train('--recipe', 'spam-assassin', '--text_column', 'text'))).toMatchInlineSnapshot(
      `"UsageError: qkv train: --text_column is for your own data; the recipe spam-assassin knows its columns."`,
    );
    expect(failure(() => train('--data', file, '--resume', '--overwrite_output_dir'))).toMatchInlineSnapshot(
      `"UsageError: qkv train: --resume goes on with the run in the folder and --overwrite_output_dir deletes it; give one of them."`,
    );
    expect(failure(() => train('--data', file, '--model', './mine', '--vocab_size', '8192'))).toMatchInlineSnapshot(
      `"UsageError: qkv train: --vocab_size is for a new model, and --model ./mine has a vocabulary; leave it out."`,
    );
    expect(failure(() => train('--data', file, '--model', 'mini', '--freeze', 'bert'))).toMatchInlineSnapshot(
      `"UsageError: qkv train: --freeze is for a model that was trained before, and --model mini is a new one; give --model with its folder."`,
    );
    expect(failure(() => train('--data', file, '--model', './mine', '--freeze', 'bert('))).toMatchInlineSnapshot(
      `"UsageError: qkv train: --freeze bert( is no pattern: Invalid regular expression: /bert(/: Unterminated group."`,
    );
    expect(failure(() => train('--data', file, '--max_steps', '0'))).toMatchInlineSnapshot(
      `"UsageError: qkv train: --max_steps is 0; at least 1 is needed, or -1 to go by --num_train_epochs."`,
    );
    expect(failure(() => train('--recipe', 'spam'))).toMatchInlineSnapshot(
      `"UsageError: qkv train: --recipe is 'spam'; it must be one of spam-assassin; did you mean spam-assassin?"`,
    );
    expect(failure(() => train('--data', file, '--device', 'cuda'))).toMatchInlineSnapshot(
      `"UsageError: qkv train: --device is 'cuda'; it must be one of cpu, wasm."`,
    );
  });
});

describe('qkv run', () => {
  it('takes texts, a file, or the standard input', () => {
    expect(run('--model', 'runs/mine', 'one text', 'another', '--json', '--top_k', '2')).toEqual({
      model: 'runs/mine',
      input: { texts: ['one text', 'another'] },
      json: true,
      logits: false,
      top_k: 2,
      max_length: undefined,
      dtype: 'float32',
      machine: { device: undefined, runtime: undefined, threads: undefined },
    });
    expect(run('--model', 'm', '--file', file).input).toEqual({ file });
    expect(run('--model', 'm', '--file', '-').input).toEqual({ file: '-' });
  });

  it('refuses neither and both', () => {
    expect(failure(() => run('--model', 'm'))).toMatchInlineSnapshot(
      `"UsageError: qkv run: there is no text; write it after the flags, in quotes, or give --file (- for the standard input)."`,
    );
    expect(failure(() => run('--model', 'm', '--file', file, 'a text'))).toMatchInlineSnapshot(
      `"UsageError: qkv run: there is a text on the command line and --file reviews.tsv; give one of them."`,
    );
    expect(failure(() => run('a text'))).toMatchInlineSnapshot(
      `"UsageError: qkv run: --model is missing (the folder of the model, as \`qkv train\` or Python saves it); \`qkv help run\` lists the flags."`,
    );
    expect(failure(() => run('--model', 'm', '--top_k', '0', 'a text'))).toMatchInlineSnapshot(
      `"UsageError: qkv run: --top_k is '0'; a whole number of at least 1 is needed."`,
    );
  });
});
