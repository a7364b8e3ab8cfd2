import { createReadStream } from 'node:fs';
import { DataError } from '../core/index.ts';
import { readTextBlocks } from '../formats/index.ts';
import { pipeline } from '../pipelines/index.ts';
import { setDefaultDevice } from '../tensor/index.ts';
import type { Io } from './command.ts';
import type { RunOptions } from './run-flags.ts';

/** Texts that are read before their answers are printed. */
const block = 256;

/** Does what `qkv run` is asked to do. */
export async function classifyAndPrint(options: RunOptions, io: Io): Promise<void> {
  const { device, ...machine } = options.machine;
  setDefaultDevice(device ?? null, { ...machine, precision: options.dtype });
  using classify = await pipeline('text-classification', options.model);
  const { max_length, top_k, logits: wantsLogits } = options;
  const call = { ...(max_length !== undefined && { max_length }), signal: io.signal };
  for await (const texts of inBlocks(textsOf(options, io))) {
    const answers = await classify(texts, { ...call, top_k });
    const raw = wantsLogits ? await classify.forward(texts, call) : null;
    for (const [i, text] of texts.entries()) {
      const best = answers[i]!;
      if (!options.json) {
        for (const { label, score } of best) io.stdout.write(`${label}\t${score.toFixed(4)}\n`);
        continue;
      }
      const line = {
        text,
        ...(top_k === 1 ? best[0] : { predictions: best }),
        ...(raw && { input_ids: raw[i]!.input_ids, logits: Array.from(raw[i]!.logits) }),
      };
      io.stdout.write(`${JSON.stringify(line)}\n`);
    }
  }
}

async function* inBlocks(texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string[]> {
  let gathered: string[] = [];
  for await (const text of texts) {
    if (gathered.push(text) < block) continue;
    yield gathered;
    gathered = [];
  }
  if (gathered.length > 0) yield gathered;
}

async function* textsOf({ input }: RunOptions, { stdin }: Io): AsyncGenerator<string> {
  if ('texts' in input) {
    yield* input.texts;
    return;
  }
  const name = input.file === '-' ? 'the standard input' : input.file;
  const bytes = input.file === '-' ? asBytes(stdin) : createReadStream(input.file);
  let count = 0;
  for await (const { text } of readTextBlocks(bytes, { source: name })) {
    const lines = text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const line of lines) {
      count++;
      yield line.endsWith('\r') ? line.slice(0, -1) : line;
    }
  }
  if (count === 0) throw new DataError(`qkv run: ${name} is empty; a text on each line is needed.`);
}

async function* asBytes(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
}
