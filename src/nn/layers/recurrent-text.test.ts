import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { root } from '../../../test/support/repository.ts';
import { Adam } from '../../optim/index.ts';
import { manualSeed, noGrad, type Tensor, tensor } from '../../tensor/index.ts';
import { CrossEntropyLoss, Embedding, Linear, LSTM, Module } from '../index.ts';

const file = join(root, '../shared/data/wikitext2/valid.txt.gz');
const [rows, time, steps] = [32, 48, 240];

/** Guesses the next character from those before. */
class NextCharacter extends Module {
  readonly embedding: Embedding;
  readonly lstm: LSTM;
  readonly head: Linear;
  readonly #loss = new CrossEntropyLoss();

  constructor(characters: number) {
    super();
    this.embedding = new Embedding(characters, 32);
    this.lstm = new LSTM(32, 96, { batch_first: true });
    this.head = new Linear(96, characters);
  }

  override forward(ids: Tensor, next: Tensor): Tensor {
    const [y] = this.lstm.forward(this.embedding.forward(ids)); // [B, T, C]
    return this.#loss.forward(this.head.forward(y.reshape(rows * time, 96)), next.reshape(rows * time));
  }
}

/** How surprising the characters of a text are, on average, to one who knows how often each occurs in another. */
function unigramEntropy(seen: readonly number[], heard: readonly number[], kinds: number): number {
  const counts = new Array<number>(kinds).fill(1);
  for (const id of seen) counts[id]!++;
  const total = seen.length + kinds;
  return heard.reduce((sum, id) => sum - Math.log(counts[id]! / total), 0) / heard.length;
}

test.skipIf(!existsSync(file))(
  `an LSTM learns to guess characters far better than their frequencies do${existsSync(file) ? '' : ' (../shared/data/wikitext2 is not there)'}`,
  async () => {
    manualSeed(7);
    const text = [...gunzipSync(readFileSync(file)).toString('utf8').split('\n').slice(0, 500).join('\n')];
    const kinds = [...new Set(text)];
    const numbers = new Map(kinds.map((kind, i) => [kind, i]));
    const ids = text.map((character) => numbers.get(character)!);
    const [seen, held] = [ids.slice(0, -rows * (time + 1)), ids.slice(-rows * (time + 1))];
    /** `rows` pieces of a text, evenly apart, the first at `from`. */
    const batch = (from: number, source: readonly number[]) => {
      const apart = Math.floor((source.length - time - 1 - from) / (rows - 1));
      const pieces = (shift: number) =>
        tensor(
          Array.from({ length: rows * time }, (_, i) => source[from + shift + Math.floor(i / time) * apart + (i % time)]!),
          { shape: [rows, time], dtype: 'int32' },
        );
      return [pieces(0), pieces(1)] as const;
    };
    const model = new NextCharacter(kinds.length);
    const optimizer = new Adam(model.parameters(), { lr: 5e-3 });
    for (let step = 0; step < steps; step++) {
      model.forward(...batch(step * 37, seen)).backward();
      await optimizer.step();
      optimizer.zeroGrad();
    }
    const loss = await noGrad(() => model.forward(...batch(0, held))).item();
    expect(loss).toBeLessThan(0.75 * unigramEntropy(seen, held, kinds.length));
  },
  60_000,
);
