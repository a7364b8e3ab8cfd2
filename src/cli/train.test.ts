import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { randomUniform, seedKey } from '../core/index.ts';
import { readSafetensors } from '../formats/index.ts';
import { silentProgress } from '../progress/index.ts';
import { chooseRuntime } from '../runtime/index.ts';
import type { Io } from './command.ts';
import { commands } from './commands.ts';
import { runProgram } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'qkv-train-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const place = (name: string) => join(folder, name);

/** Paths of this run out of a message, so that it can be kept. */
const plain = (text: string) => text.replaceAll(folder, '<folder>').replaceAll('\\', '/');

/** Runs `qkv` inside this process. */
async function qkv(words: readonly string[], stdin = ''): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const io: Io = {
    stdout: {
      columns: 100,
      write: (text) => {
        out += text;
      },
    },
    stderr: {
      write: (text) => {
        err += text;
      },
    },
    stdin: (async function* () {
      yield stdin;
    })(),
    env: {},
    signal: new AbortController().signal,
    progress: silentProgress,
    colored: false,
  };
  const code = await runProgram(words, io, { commands, version: '0', reportTo: 'nobody' });
  return { code, out: plain(out), err: plain(err) };
}

/** Starts `qkv` in a process of its own. */
function start(words: readonly string[]): ChildProcess {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  return spawn(process.execPath, ['--conditions=qkv-source', '--import', 'tsx', main, ...words], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
}

function ended(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  let out = '';
  let err = '';
  child.stdout!.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

const korean = {
  good: ['정말', '재미있어요', '최고', '감동'],
  bad: ['지루해요', '별로', '최악', '돈'],
  other: ['영화', '배우', '어제', '봤다', '그'],
};
const english = {
  good: ['wonderful', 'great', 'moving', 'best'],
  bad: ['boring', 'worst', 'dull', 'awful'],
  other: ['film', 'the', 'actor', 'saw', 'it'],
};

/** Reviews whose class one of their words tells, half of them Korean; no two alike. */
function reviews(count: number): { document: string; sentiment: string }[] {
  const draws = randomUniform(seedKey(9), count * 12);
  return Array.from({ length: count }, (_, i) => {
    const words = i % 4 < 2 ? korean : english;
    const pick = (list: readonly string[], j: number) => list[Math.floor(draws[i * 12 + j]! * list.length)]!;
    const sentiment = i % 2 === 0 ? '긍정' : 'negative';
    const rest = Array.from({ length: 8 }, (_, j) => pick(words.other, j + 1));
    return {
      document: `${rest.slice(0, 4).join(' ')} ${pick(i % 2 === 0 ? words.good : words.bad, 0)} ${rest.slice(4).join(' ')}`,
      sentiment,
    };
  });
}

const table = (rows: readonly { document: string; sentiment: string }[]) =>
  `id,document,sentiment\n${rows.map(({ document, sentiment }, i) => `${i},"${document}",${sentiment}\n`).join('')}`;

const data = place('reviews.csv');
writeFileSync(data, table(reviews(240)));
const columns = ['--text_column', 'document', '--label_column', 'sentiment'];
const small = ['--model', 'tiny', '--vocab_size', '200', '--max_length', '16', '--per_device_train_batch_size', '16'];

describe('qkv train on a file', () => {
  const output = place('mine');

  it('leaves a finished folder that qkv run reads', async () => {
    const words = [
      'train',
      '--data',
      data,
      ...columns,
      ...small,
      '--num_train_epochs',
      '8',
      '--learning_rate',
      '1e-3',
      '--output_dir',
      output,
    ];
    const { code, out, err } = await qkv(words);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/bag of words, logistic regression/);
    expect(out).toMatch(/qkv run --model /);
    expect(out).toMatch(/긍정/);
    expect(
      readdirSync(output)
        .filter((name) => !name.startsWith('checkpoint-'))
        .sort(),
    ).toEqual(
      ['README.md', 'config.json', 'confusion.svg', 'loss.svg', 'metrics.jsonl', 'model.safetensors', 'report.json'].concat([
        'special_tokens_map.json',
        'tokenizer.json',
        'tokenizer_config.json',
        'training_args.json',
        'vocab.txt',
      ]),
    );
    const json = (name: string) => JSON.parse(readFileSync(join(output, name), 'utf8'));
    expect(json('config.json')).toMatchObject({
      architectures: ['BertForSequenceClassification'],
      id2label: { 0: 'negative', 1: '긍정' },
      label2id: { negative: 0, 긍정: 1 },
      max_position_embeddings: 16,
    });
    expect(json('training_args.json')).toMatchObject({
      learning_rate: 1e-3,
      num_train_epochs: 8,
      seed: 42,
      qkv: { max_length: 16 },
    });
    const report = json('report.json');
    expect(report).toMatchObject({
      labels: ['negative', '긍정'],
      seed: 42,
      data: { hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      machine: { device: expect.any(String), threads: expect.any(Number) },
      versions: { qkv: expect.any(String), node: process.versions.node },
    });
    const { train, validation, test } = report.data.splits;
    expect(train.examples + validation.examples + test.examples).toBe(240);
    expect(report.test.accuracy).toBeGreaterThan(0.9);
    expect(report.test.classes.map(({ support }: { support: number }) => support)).toEqual(Object.values(test.classes));
    expect(report.memory.peak_bytes).toBeGreaterThan(1e7);
    const lines = readFileSync(join(output, 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ eval_loss }) => eval_loss !== undefined).length).toBeGreaterThanOrEqual(8);
    expect(lines.at(0)).toMatchObject({
      step: expect.any(Number),
      loss: expect.any(Number),
      learning_rate: expect.any(Number),
    });
    expect(readFileSync(join(output, 'README.md'), 'utf8')).toMatch(/from transformers import pipeline[\s\S]*from 'qkv'/);
    for (const picture of ['loss.svg', 'confusion.svg']) expect(readFileSync(join(output, picture), 'utf8')).toMatch(/^<svg /);
  });

  it('classifies texts, files and the standard input', async () => {
    const one = await qkv(['run', '--model', output, '그 영화 배우 어제 정말 봤다 그 배우 영화']);
    expect(one.err).toBe('');
    expect(one.out).toMatch(/^긍정\t0\.\d{4}\n$/);
    const texts = place('texts.txt');
    writeFileSync(texts, 'saw the actor it worst film the actor it saw\r\n\r\n그 영화 배우 어제 최고 봤다 그 배우 영화\n');
    const { out } = await qkv(['run', '--model', output, '--file', texts, '--json']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { text: 'saw the actor it worst film the actor it saw', label: 'negative', score: expect.any(Number) },
      { text: '', label: expect.any(String), score: expect.any(Number) },
      { text: '그 영화 배우 어제 최고 봤다 그 배우 영화', label: '긍정', score: expect.any(Number) },
    ]);
    const stdin = await qkv(['run', '--model', output, '--file', '-', '--json', '--logits', '--top_k', '2'], '영화 최고 감동');
    const line = JSON.parse(stdin.out);
    expect(line.predictions).toHaveLength(2);
    expect(line.logits).toHaveLength(2);
    expect(line.input_ids[0]).toBe(2);
    const powers = line.logits.map(Math.exp) as number[];
    expect(line.predictions[0].score).toBeCloseTo(Math.max(...powers) / (powers[0]! + powers[1]!), 6);
    expect(await qkv(['run', '--model', output, '--file', '-'], '')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "error: qkv run: the standard input is empty; a text on each line is needed.
      ",
        "out": "",
      }
    `);
    expect(await qkv(['run', '--model', place('nowhere'), 'text'])).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "error: AutoTokenizer: there is no folder <folder>/nowhere; give the path of a folder that has the files.
      ",
        "out": "",
      }
    `);
    expect(await qkv(['run', '--model', output, '--logits', 'text'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "error: qkv run: --logits adds to JSON objects; give --json with it.
      ",
        "out": "",
      }
    `);
  });

  it('goes on from a folder, for other classes too', async () => {
    const rows = reviews(60).map((row, i) => ({ ...row, sentiment: ['a', 'b', 'c'][i % 3]! }));
    const file = place('three.jsonl.gz');
    writeFileSync(file, gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join('')));
    const words = ['train', '--data', file, ...columns, '--model', output, '--max_steps', '2', '--output_dir', place('tuned')];
    const { code, err, out } = await qkv(words);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/fine-tuned from/);
    expect(JSON.parse(readFileSync(place('tuned/config.json'), 'utf8')).id2label).toEqual({ 0: 'a', 1: 'b', 2: 'c' });
    expect(readFileSync(place('tuned/vocab.txt'))).toEqual(readFileSync(join(output, 'vocab.txt')));
  });

  it('trains the classifier alone, and keeps what lies below it', async () => {
    const words = ['train', '--data', data, ...columns, '--model', output, '--freeze', '^bert\\.', '--cache_frozen', 'disk'];
    const { code, err } = await qkv([...words, '--num_train_epochs', '2', '--output_dir', place('head')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const weights = async (folder: string) => readSafetensors(readFileSync(join(folder, 'model.safetensors')), folder).tensors;
    const [before, after] = [await weights(output), await weights(place('head'))];
    const changed = [...after].flatMap(([name, { data }]) => (data.join() === before.get(name)!.data.join() ? [] : [name]));
    expect(changed.sort()).toEqual(['classifier.bias', 'classifier.weight']);
    const ended = readFileSync(place('head/metrics.jsonl'), 'utf8')
      .split('\n')
      .find((line) => line.includes('train_runtime'))!;
    expect(JSON.parse(ended)).toMatchObject({ frozen_examples_kept: expect.any(Number) });
    expect(readdirSync(place('head')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('deletes a run only when told to, and nothing else in its folder', async () => {
    writeFileSync(place('tuned/notes.txt'), 'mine');
    const words = ['train', '--data', data, ...columns, ...small, '--max_steps', '2', '--output_dir', place('tuned')];
    expect(await qkv(words)).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "error: qkv train: <folder>/tuned holds a run already (checkpoint-2, config.json, model.safetensors, …); give --resume to go on with it, --overwrite_output_dir to delete it, or another --output_dir.
      ",
        "out": "",
      }
    `);
    expect((await qkv([...words, '--overwrite_output_dir'])).code).toBe(0);
    expect(readFileSync(place('tuned/notes.txt'), 'utf8')).toBe('mine');
    expect(existsSync(place('tuned/checkpoint-2'))).toBe(true);
  });
});

describe('qkv train refuses, before any training,', () => {
  const failure = async (content: string | Buffer, more: readonly string[] = columns, name = 'bad.csv') => {
    writeFileSync(place(name), content);
    const output = place('never');
    const { code, err, out } = await qkv(['train', '--data', place(name), ...more, ...small, '--output_dir', output]);
    expect(out).toBe('');
    expect(code).toBeGreaterThan(0);
    expect(existsSync(join(output, 'training_args.json'))).toBe(false);
    return err;
  };
  const rows = reviews(40);

  it('columns that are not there', async () => {
    expect(await failure(table(rows), ['--text_column', 'documnt', '--label_column', 'sentiment'])).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv: there is no column documnt; the columns are id, document, sentiment. Did you mean document? --text_column names the column of the text.
      "
    `);
    expect(await failure(table(rows), ['--text_column', 'document'])).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv: there is no column label; the columns are id, document, sentiment. --label_column names the column of the class.
      "
    `);
    expect(await failure(table(rows), ['--text_column', 'id', '--label_column', 'id'])).toMatchInlineSnapshot(`
      "error: qkv train: --text_column and --label_column are both id; they must differ.
      "
    `);
  });

  it('labels that are no classes', async () => {
    expect(await failure(table(rows), ['--text_column', 'document', '--label_column', 'id'])).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv: id has 40 different values in 40 rows, too many for classes. Is it the right column (--label_column)?
      "
    `);
    const one = rows.map((row) => ({ ...row, sentiment: 'good' }));
    expect(await failure(table(one))).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv: sentiment is good in all 40 rows; at least two classes are needed. Is it the right column (--label_column)?
      "
    `);
    const measured = rows.map((row, i) => ({ ...row, sentiment: String(i / 8) }));
    expect(await failure(table(measured))).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv line 3: sentiment is 0.125, a measurement and no class; the name or the number of a class is needed.
      "
    `);
  });

  it('files that are empty, too small, or not what they say', async () => {
    expect(await failure('')).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv: the file is empty; a header line and rows are needed.
      "
    `);
    expect(await failure('id,document,sentiment\n')).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv: there is a header line (id, document, sentiment) and no row below it; at least one is needed.
      "
    `);
    expect(await failure(table(rows.slice(0, 6)))).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv: there are 6 usable rows; at least 20 are needed to train and to judge.
      "
    `);
    expect(await failure(table(rows.map((row) => ({ ...row, document: ' ' }))))).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv: none of its 40 rows has both document and sentiment; look at the file.
      "
    `);
    expect(await failure(table(rows).replaceAll(',', ';'))).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv: the header is one column, "id;document;sentiment"; the delimiter seems to be ";", not ","; pass delimiter: ";".
      "
    `);
    expect(await failure(table(rows), columns, 'bad.xlsx')).toMatchInlineSnapshot(`
      "error: qkv train: the name of <folder>/bad.xlsx does not end in a format that is read; these are: .csv, .tsv, .tab, .txt, .json, .jsonl, .ndjson, also with .gz behind.
      "
    `);
    expect(await failure(`${table(rows)}7,"an open quote,good\n`)).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv: a quoted cell that starts in the row of line 42 never ends; close the quote, or read with quoting 'none' if quotes are plain text.
      "
    `);
  });

  it('broken encodings, and reads them when told which', async () => {
    const cp949 = Buffer.concat([
      Buffer.from('id,document,sentiment\n1,'),
      Buffer.from([0xc1, 0xc1, 0xb4, 0xd9]),
      Buffer.from(',good\n'),
    ]);
    expect(await failure(cp949)).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv: line 2, byte 24 (0xC1) is not UTF-8; it reads as EUC-KR (CP949); save the file as UTF-8 or name its encoding.
      "
    `);
    expect(await failure(cp949, [...columns, '--encoding', 'euc-kr'])).toMatchInlineSnapshot(`
      "error: <folder>/bad.csv: there are 1 usable rows; at least 20 are needed to train and to judge.
      "
    `);
  });

  it('folders that cannot be written, hold nothing to resume, or are the model', async () => {
    writeFileSync(place('a-file'), '');
    const words = ['train', '--data', data, ...columns, ...small];
    expect((await qkv([...words, '--output_dir', place('a-file')])).err).toMatchInlineSnapshot(`
      "error: qkv train: --output_dir: '<folder>/a-file' is a file; a folder is needed.
      "
    `);
    expect((await qkv([...words, '--output_dir', place('a-file/below')])).err).toMatchInlineSnapshot(`
      "error: qkv: a part of the path is a file and not a folder (ENOTDIR: not a directory, stat '<folder>/a-file/below').
      "
    `);
    mkdirSync(place('empty'));
    expect((await qkv([...words, '--output_dir', place('empty'), '--resume'])).err).toMatchInlineSnapshot(`
      "error: qkv train: <folder>/empty has no checkpoint to resume from; leave out --resume.
      "
    `);
    const mine = [
      'train',
      '--data',
      data,
      ...columns,
      '--model',
      place('mine'),
      '--output_dir',
      place('mine'),
      '--overwrite_output_dir',
    ];
    expect((await qkv(mine)).err).toMatchInlineSnapshot(`
      "error: qkv train: --model and --output_dir are both <folder>/mine; the model to start from would be replaced. Choose another --output_dir.
      "
    `);
  });
});

describe('qkv train that is stopped', () => {
  const words = (output: string) => [
    'train',
    '--data',
    data,
    ...columns,
    ...small,
    '--max_steps',
    '30',
    '--logging_steps',
    '1',
    '--save_steps',
    '4',
    '--eval_steps',
    '4',
    '--eval_strategy',
    'steps',
    '--output_dir',
    output,
  ];
  const weights = (output: string) => readFileSync(join(output, 'model.safetensors'));
  const log = (output: string) =>
    readFileSync(join(output, 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => Object.fromEntries(Object.entries(JSON.parse(line)).filter(([name]) => !/runtime|per_second/.test(name))));
  const logged = (output: string) => {
    const path = join(output, 'metrics.jsonl');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
  };
  const until = async (output: string, lines: number) => {
    while (logged(output) < lines) await wait(2);
  };

  const ways = [
    { way: 'float32', precision: 'float32', more: [] },
    { way: 'bf16', precision: 'bfloat16', more: ['--bf16'] },
  ] as const;
  it.for(ways)(
    'goes on in $way after kill -9 at any moment as if nothing had happened',
    { timeout: 120_000 },
    async ({ way, precision, more }, { skip }) => {
      if ((await chooseRuntime({ precision }))?.precision !== precision) skip(`nothing here computes in ${precision}`);
      const withMore = (output: string) => [...words(output), ...more];
      const whole = place(`whole-${way}`);
      expect((await ended(start(withMore(whole)))).code).toBe(0);
      const output = place(`killed-${way}`);
      const draws = randomUniform(seedKey(Date.now() % 1e9), 2);
      let lines = 6;
      for (const draw of draws) {
        lines += Math.floor(draw * 12);
        const child = start([
          ...withMore(output),
          ...(existsSync(join(output, 'checkpoint-4')) ? ['--resume'] : ['--overwrite_output_dir']),
        ]);
        const end = ended(child);
        await Promise.race([until(output, lines), end]);
        child.kill('SIGKILL');
        await end;
        // Whatever carries a checkpoint's name is whole.
        for (const name of readdirSync(output).filter((each) => /^checkpoint-\d+$/.test(each))) {
          expect(() => JSON.parse(readFileSync(join(output, name, 'trainer_state.json'), 'utf8'))).not.toThrow();
          expect(existsSync(join(output, name, 'model.safetensors'))).toBe(true);
        }
      }
      const { code, err } = await ended(
        start([
          ...withMore(output),
          existsSync(join(output, 'checkpoint-4')) || readdirSync(output).some((name) => name.startsWith('checkpoint-'))
            ? '--resume'
            : '--overwrite_output_dir',
        ]),
      );
      expect(code, err).toBe(0);
      expect(log(output)).toEqual(log(whole));
      expect(weights(output).equals(weights(whole))).toBe(true);
      expect(readdirSync(output).filter((name) => name.startsWith('.'))).toEqual([]);
    },
  );

  it('writes a checkpoint at Ctrl-C, says how to go on, and goes on', { timeout: 60_000 }, async () => {
    const output = place('interrupted');
    const child = start(words(output));
    const end = ended(child);
    await Promise.race([until(output, 7), end]);
    child.kill('SIGINT');
    const { code, err } = await end;
    expect(code).toBe(130);
    // The command is told as it was started: these tests run under npm test as well as under npx.
    const said = plain(err).slice(plain(err).indexOf('Interrupted')).replace('npm run qkv --', 'npx qkv');
    // How many lines of progress and of evaluations still come is a matter of time.
    expect(said.replace(/checkpoint-\d+/, 'checkpoint-N').replaceAll(/^(?:train|eval|step) .*\n/gm, '')).toMatchInlineSnapshot(`
      "Interrupted: stopping; once more ends it at once.
      Stopped; <folder>/interrupted/checkpoint-N is saved. To go on:

        npx qkv train --data <folder>/reviews.csv --text_column document --label_column sentiment --model tiny --vocab_size 200 --max_length 16 --per_device_train_batch_size 16 --max_steps 30 --logging_steps 1 --save_steps 4 --eval_steps 4 --eval_strategy steps --output_dir <folder>/interrupted --resume

      "
    `);
    expect((await ended(start([...words(output), '--resume']))).code).toBe(0);
    expect(weights(output).equals(weights(place('whole-float32')))).toBe(true);
    expect(log(output)).toEqual(log(place('whole-float32')));
  });
});
