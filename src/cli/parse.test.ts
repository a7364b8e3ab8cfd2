import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { defineOptions } from '../core/index.ts';
import { parseArguments } from './parse.ts';

const flags = defineOptions({
  learning_rate: { type: 'number', min: 0, default: 5e-5, help: 'The highest learning rate' },
  max_steps: { type: 'integer', min: -1, default: -1, help: 'Steps in all' },
  lr_scheduler_type: { type: 'choice', choices: ['linear', 'cosine'], default: 'linear', help: 'How the rate falls' },
  load_best_model_at_end: { type: 'boolean', default: false, help: 'Keep the best' },
  shuffle: { type: 'boolean', default: true, help: 'Mix the order' },
  text_column: { type: 'string', help: 'The column of the text' },
  file: { type: 'file', repeated: true, stdin: true, help: 'A file to read' },
  output_dir: { type: 'folder', help: 'Where results go' },
  optim_args: { type: 'values', help: 'Options of the optimizer' },
});

const train = { name: 'train', flags };
const run = { name: 'run', flags, positionals: { name: 'text', help: 'Texts to classify', repeated: true } };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'qkv-parse-'));
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'a.txt'), 'a');
});
afterAll(() => rmSync(folder, { recursive: true }));

const failure = (words: string[], command: Parameters<typeof parseArguments>[0] = train) => {
  try {
    parseArguments(command, words);
  } catch (error) {
    return String(error).replaceAll(folder, '<folder>').replaceAll('\\', '/');
  }
  return 'no error';
};

describe('parseArguments', () => {
  it('fills in defaults, and tells apart what was given', () => {
    const { flags: values, given, positionals } = parseArguments(train, ['--learning_rate', '1e-3']);
    expect(values).toEqual({
      learning_rate: 1e-3,
      max_steps: -1,
      lr_scheduler_type: 'linear',
      load_best_model_at_end: false,
      shuffle: true,
      text_column: undefined,
      file: [],
      output_dir: undefined,
      optim_args: undefined,
    });
    expect(given).toEqual({ learning_rate: 1e-3 });
    expect(positionals).toEqual([]);
    expectTypeOf(values.lr_scheduler_type).toEqualTypeOf<'linear' | 'cosine'>();
    expectTypeOf(values.text_column).toEqualTypeOf<string | undefined>();
    expectTypeOf(values.file).toEqualTypeOf<readonly string[]>();
  });

  const given = (...words: string[]) => parseArguments(train, words).given;

  it('reads values by name as pairs and as JSON', () => {
    const values = (text: string) => given('--optim_args', text).optim_args;
    expect(values('momentum=0.9, nesterov=True,mode=max')).toEqual({ momentum: 0.9, nesterov: true, mode: 'max' });
    expect(values('{"eps": [1e-30, 0.001], "beta1": null}')).toEqual({ eps: [1e-30, 0.001], beta1: null });
    for (const text of ['momentum', 'momentum=', '{"momentum": }', 'a=1,,b=2'])
      expect(failure(['--optim_args', text])).toBe(
        `UsageError: qkv train: --optim_args is '${text}'; values by name are needed, as a=1,b=true or as JSON.`,
      );
  });

  it('takes underscores and dashes, spaces and equals signs', () => {
    for (const words of [['--max_steps', '5'], ['--max-steps', '5'], ['--max_steps=5'], ['--max-steps=5']]) {
      expect(given(...words)).toEqual({ max_steps: 5 });
    }
    expect(given('--text_column=a=b')).toEqual({ text_column: 'a=b' });
    expect(given('--text_column=--odd')).toEqual({ text_column: '--odd' });
    expect(given('--text_column', '-')).toEqual({ text_column: '-' });
    expect(given('--text_column', '문장')).toEqual({ text_column: '문장' });
  });

  it('reads booleans in every form that HfArgumentParser takes', () => {
    const yes = { load_best_model_at_end: true };
    expect(given('--load_best_model_at_end')).toEqual(yes);
    expect(given('--load_best_model_at_end=true')).toEqual(yes);
    expect(given('--load_best_model_at_end', 'True')).toEqual(yes);
    expect(given('--load-best-model-at-end=1')).toEqual(yes);
    expect(given('--load_best_model_at_end', '--max_steps', '3')).toEqual({ ...yes, max_steps: 3 });
    for (const words of [['--shuffle=false'], ['--shuffle', 'False'], ['--no_shuffle'], ['--no-shuffle'], ['--shuffle=no']]) {
      expect(given(...words)).toEqual({ shuffle: false });
    }
  });

  it('leaves words to a command that takes words', () => {
    const { flags: values, positionals } = parseArguments(run, ['--shuffle', 'true', 'two words', '--', '--max_steps', '-x']);
    expect(values.shuffle).toBe(true);
    expect(positionals).toEqual(['true', 'two words', '--max_steps', '-x']);
  });

  it('takes the later of two, and both where a flag may be repeated', () => {
    const file = join(folder, 'a.txt');
    expect(given('--max_steps=1', '--max_steps=2', '--file', file, '--file', '-')).toEqual({ max_steps: 2, file: [file, '-'] });
  });

  it('takes numbers as they are written in papers, and negative ones', () => {
    expect(given('--learning_rate', '.5', '--max_steps', '-1')).toEqual({ learning_rate: 0.5, max_steps: -1 });
    expect(given('--learning_rate=5E-5', '--max_steps=1e3')).toEqual({ learning_rate: 5e-5, max_steps: 1000 });
  });

  it('refuses unknown flags and says which is near', () => {
    expect(failure(['--learning_rat', '1'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --learning_rat is not a flag; did you mean --learning_rate? \`qkv help train\` lists the flags."`,
    );
    expect(failure(['--learning-rat=1'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --learning-rat is not a flag; did you mean --learning_rate? \`qkv help train\` lists the flags."`,
    );
    expect(failure(['--banana'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --banana is not a flag; \`qkv help train\` lists the flags."`,
    );
    expect(failure(['-x'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: -x is not a flag; \`qkv help train\` lists the flags."`,
    );
    expect(failure(['--no_max_steps'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --no_max_steps is not a flag; did you mean --max_steps? \`qkv help train\` lists the flags."`,
    );
    expect(failure(['--constructor'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --constructor is not a flag; \`qkv help train\` lists the flags."`,
    );
  });

  it('refuses values that are missing, of the wrong kind, or out of range', () => {
    expect(failure(['--max_steps'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --max_steps needs a value (steps in all)."`,
    );
    expect(failure(['--max_steps='])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --max_steps needs a value (steps in all)."`,
    );
    expect(failure(['--text_column', '--max_steps', '3'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --text_column needs a value (the column of the text), and --max_steps is a flag."`,
    );
    expect(failure(['--text_column', '--odd'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --text_column needs a value (the column of the text); one that begins with -- is written --text_column=--odd."`,
    );
    expect(failure(['--lr_scheduler_type'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --lr_scheduler_type needs a value: one of linear, cosine."`,
    );
    expect(failure(['--lr_scheduler_type', 'cosin'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --lr_scheduler_type is 'cosin'; it must be one of linear, cosine; did you mean cosine?"`,
    );
    expect(failure(['--learning_rate', '-1'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --learning_rate is '-1'; a number of at least 0 is needed."`,
    );
    expect(failure(['--learning_rate', 'NaN'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --learning_rate is 'NaN'; a number of at least 0 is needed."`,
    );
    expect(failure(['--learning_rate', '0x10'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --learning_rate is '0x10'; a number of at least 0 is needed."`,
    );
    expect(failure(['--max_steps', '2.5'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --max_steps is '2.5'; a whole number of at least -1 is needed."`,
    );
    expect(failure(['--shuffle=maybe'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --shuffle is 'maybe'; true or false is needed."`,
    );
    expect(failure(['--no_shuffle=true'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --no_shuffle takes no value; write --shuffle=true."`,
    );
  });

  it('refuses paths that are not there or not what they have to be', () => {
    expect(failure(['--file', join(folder, 'none.txt')])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --file: there is no file '<folder>/none.txt'."`,
    );
    expect(failure(['--file', join(folder, 'sub')])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --file: '<folder>/sub' is a folder; a file is needed."`,
    );
    expect(failure(['--output_dir', join(folder, 'a.txt')])).toMatchInlineSnapshot(
      `"UsageError: qkv train: --output_dir: '<folder>/a.txt' is a file; a folder is needed."`,
    );
    expect(failure(['--output_dir', join(folder, 'new', 'deep')])).toBe('no error');
    const sole = defineOptions({ data: { type: 'file', help: 'The data', required: true } });
    expect(failure(['--data', '-'], { name: 'train', flags: sole })).toMatchInlineSnapshot(
      `"UsageError: qkv train: --data: there is no file '-'."`,
    );
    expect(failure([], { name: 'train', flags: sole })).toMatchInlineSnapshot(
      `"UsageError: qkv train: --data is missing (the data); \`qkv help train\` lists the flags."`,
    );
  });

  it('refuses words where none belong, too many, or none', () => {
    expect(failure(['reviews.tsv'])).toMatchInlineSnapshot(
      `"UsageError: qkv train: 'reviews.tsv' belongs to no flag, and this command takes flags only; \`qkv help train\` lists the flags."`,
    );
    const one = { name: 'tokenize', flags, positionals: { name: 'text', help: 'What to cut', required: true } };
    expect(failure([], one)).toMatchInlineSnapshot(
      `"UsageError: qkv tokenize: <text> is missing: what to cut; \`qkv help tokenize\` lists the flags."`,
    );
    expect(failure(['two', 'words'], one)).toMatchInlineSnapshot(
      `"UsageError: qkv tokenize: 'words' is one word too many; put quotes around a text with spaces."`,
    );
  });
});
