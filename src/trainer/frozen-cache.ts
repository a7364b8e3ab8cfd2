import { openScratch } from '#run-folder';
import { ConfigError, formatShape, sizeOf } from '../core/index.ts';
import type { DataCollator, Dataset, TensorBatch } from '../data/index.ts';
import { type Module, PackedTokens } from '../nn/index.ts';
import {
  evaluate,
  type Frontier,
  frozenFrontier,
  knownContent,
  randomState,
  replayingRandom,
  type Tensor,
  withContents,
} from '../tensor/index.ts';
import type { ScratchFile } from './run-folder.types.ts';

/** What a `FrozenCache` is made from. */
export interface FrozenCacheOptions {
  readonly model: Module;
  readonly dataset: Dataset;
  readonly collate: DataCollator;
  /** Builds the graph of a batch's loss. */
  readonly lossOf: (batch: TensorBatch) => Tensor;
  readonly where: 'memory' | 'disk';
  /** The folder for the file, where the cache lies on disk. */
  readonly folder: string;
  readonly maxBytes: number;
}

/** What the frozen part gave for one example: its rows of each value, and by what inputs. */
interface Kept {
  readonly inputs: number;
  readonly parts: readonly Float32Array[];
}

/** Of the scale of the values, how far rounding may carry an example's values when its batch is another. */
const roundingBetweenBatches = 1e-3;

/**
 * What a model's frozen part computes for each example, computed once and kept. The part is found in the graph of the loss:
 * the last values under which there is no trained weight and no dropout. See docs/decisions/frozen-prefix.md.
 * Examples are told apart by their row in the data set. When the bound is reached, what is kept stays and the rest is
 * computed each time: with data in another order in every epoch, throwing out the oldest would keep less of use.
 */
export class FrozenCache {
  readonly #options: FrozenCacheOptions;
  readonly #kept: Store;
  /** The frozen weights by which everything was computed: others make all of it stale. */
  #contents: Frontier['contents'] = [];
  #isChecked = false;

  /** @throws ConfigError when nothing is frozen. */
  constructor(options: FrozenCacheOptions) {
    this.#options = options;
    if (options.model.parameters().every(({ requiresGrad }) => requiresGrad))
      throw new ConfigError(
        "Trainer: cache_frozen is set and all of the model's weights are trained; freeze some, as in model.freeze(/^bert\\./), or leave it at 'no'.",
      );
    this.#kept = options.where === 'memory' ? new MemoryStore() : new DiskStore(options.folder);
  }

  /** Examples that are kept, and the bytes of what is kept of them. */
  get size(): { readonly examples: number; readonly bytes: number } {
    return { examples: this.#kept.count, bytes: this.#kept.bytes };
  }

  /**
   * The loss of a batch, whose frozen part is read from the cache as far as it is there, and put there.
   * @throws ConfigError when no part can be kept, when an example's inputs are others than before, and when what the frozen
   * part gives for an example depends on the rest of its batch.
   */
  async loss(batch: TensorBatch, rows: readonly number[]): Promise<Tensor> {
    const loss = this.#lossOf(batch);
    const layout = new BatchLayout(batch);
    if (layout.examples !== rows.length)
      throw new ConfigError(
        `Trainer: cache_frozen: the collator makes ${layout.examples} examples of ${rows.length}, so none can be told from the others; leave cache_frozen at 'no', or take another collator.`,
      );
    const { values, contents } = this.#frontierOf(loss, layout);
    await this.#forgetUnless(contents);
    const found = new Map<number, Kept>();
    for (const row of rows) {
      const kept = await this.#kept.get(row);
      if (kept) found.set(row, kept);
    }
    const missing = rows.filter((row) => !found.has(row));
    const computed = missing.length > 0 ? await this.#compute(missing) : [];
    for (const [i, row] of missing.entries()) found.set(row, computed[i]!);
    const kept = rows.map((row) => found.get(row)!);
    for (const [i, { inputs, parts }] of kept.entries()) {
      if (inputs !== layout.inputsOf(i) || parts.length !== values.length)
        throw new ConfigError(
          `Trainer: cache_frozen: the inputs of example ${rows[i]} are not what they were when it was last collated; the collator has to give the same each time, padded on the right, without masking or other noise. Leave cache_frozen at 'no', or take another collator.`,
        );
    }
    if (!this.#isChecked && missing.length > 1) await this.#check(missing, computed);
    for (const [i, row] of missing.entries()) {
      const bytes = computed[i]!.parts.reduce((sum, part) => sum + part.byteLength, 0);
      if (this.#kept.bytes + bytes <= this.#options.maxBytes) await this.#kept.set(row, computed[i]!);
    }
    const joined = values.map((tensor, at) =>
      layout.joined(
        tensor.shape,
        kept.map(({ parts }) => parts[at]!),
      ),
    );
    return withContents(loss, new Map(values.map((tensor, at) => [tensor, joined[at]!])));
  }

  /** Frees what is kept, and removes its file. */
  async dispose(): Promise<void> {
    await this.#kept.clear();
  }

  /** Empties the cache when a frozen weight was given another content, or others are frozen now. */
  async #forgetUnless(contents: Frontier['contents']): Promise<void> {
    if (contents.length === this.#contents.length && contents.every((value, i) => value === this.#contents[i])) return;
    this.#contents = contents;
    this.#isChecked = false;
    await this.#kept.clear();
  }

  /** The loss, with dropout and the like switched off in modules that are frozen altogether. */
  #lossOf(batch: TensorBatch): Tensor {
    const switched: Module[] = [];
    for (const [, module] of this.#options.model.namedModules()) {
      const parameters = module.parameters();
      if (parameters.length === 0 || parameters.some(({ requiresGrad }) => requiresGrad)) continue;
      for (const [, each] of module.namedModules()) {
        if (each.training) switched.push(each);
        each.training = false;
      }
    }
    try {
      return this.#options.lossOf(batch);
    } finally {
      for (const module of switched) module.training = true;
    }
  }

  #frontierOf(loss: Tensor, layout: BatchLayout): Frontier {
    const all = [...new Set(Array.from(this.#options.model.namedTensors(), ([, tensor]) => tensor))];
    const frontier = frozenFrontier(loss, {
      trained: all.filter(({ requiresGrad }) => requiresGrad),
      frozen: all.filter(({ requiresGrad }) => !requiresGrad),
      accepts: ({ shape, dtype }) => dtype === 'float32' && layout.ownersOf(shape) !== null,
    });
    if (frontier.values.length === 0)
      throw new ConfigError(
        "Trainer: cache_frozen is set and no value of the frozen part can be kept: trained weights or dropout come before all of it, or it gives no rows for single examples. Freeze the model's lower layers, or leave it at 'no'.",
      );
    return frontier;
  }

  /** What the frozen part gives for these rows of the data set. Takes no random numbers. */
  async #compute(rows: readonly number[]): Promise<Kept[]> {
    const { collate, dataset } = this.#options;
    const once = <T>(f: () => T): T => replayingRandom(randomState(), f);
    const batch = once(() => collate(rows.map((row) => dataset.at(row))));
    const layout = new BatchLayout(batch);
    const loss = once(() => this.#lossOf(batch));
    const { values } = this.#frontierOf(loss, layout);
    await evaluate(values);
    const parts: Float32Array[][] = [];
    for (const tensor of values) {
      parts.push(layout.split(tensor.shape, (await tensor.data()) as Float32Array));
      tensor.dispose();
    }
    const kept = rows.map((_, i) => ({ inputs: layout.inputsOf(i), parts: parts.map((each) => each[i]!) }));
    for (const input of Object.values(batch)) input.dispose();
    return kept;
  }

  /** Computes what was computed for one batch in two halves again: what comes must be the same. */
  async #check(rows: readonly number[], computed: readonly Kept[]): Promise<void> {
    const half = Math.ceil(rows.length / 2);
    const again = [...(await this.#compute(rows.slice(0, half))), ...(await this.#compute(rows.slice(half)))];
    for (const [i, { parts }] of computed.entries()) {
      for (const [at, part] of parts.entries()) {
        const other = again[i]!.parts[at];
        const scale = part.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
        if (
          other?.length === part.length &&
          part.every((number, j) => Math.abs(number - other[j]!) <= roundingBetweenBatches * scale)
        )
          continue;
        throw new ConfigError(
          `Trainer: cache_frozen: what the frozen part gives for example ${rows[i]} depends on the rest of its batch, so it cannot be kept. Leave cache_frozen at 'no'.`,
        );
      }
    }
    this.#isChecked = true;
  }
}

/** Which rows of a value belong to which example of a batch. */
class BatchLayout {
  readonly #inputs: readonly Tensor[];
  readonly examples: number;
  /** For each place of `[B, T]`, the example that has a token there, or −1 for padding; null where there is no mask. */
  readonly #places: Int32Array | null;
  readonly #time: number;
  /** The places of packed tokens, if the model packs this batch. */
  readonly #packed: readonly number[] | null;

  constructor(batch: TensorBatch) {
    this.#inputs = Object.entries(batch).flatMap(([name, tensor]) => (name === 'labels' ? [] : [tensor]));
    const { attention_mask: mask } = batch;
    this.examples = this.#inputs[0]!.shape[0]!;
    this.#time = mask?.shape[1] ?? 1;
    const content = mask ? knownContent(mask) : null;
    // The first token of each text always counts, as it does where tokens are packed.
    this.#places =
      content &&
      Int32Array.from({ length: content.length }, (_, place) => {
        const counts = Number(content[place]) !== 0 || place % this.#time === 0;
        return counts ? Math.floor(place / this.#time) : -1;
      });
    this.#packed = mask ? (PackedTokens.of(mask)?.places ?? null) : null;
  }

  /**
   * For each row of a value of this shape, the example it belongs to, or −1 for padding. Null for shapes that cannot be cut
   * up. Values of texts are one row for each text, `[B, C]`, or for each token: `[B, T, C]`, or packed `[N, C]`.
   */
  ownersOf(shape: readonly number[]): Int32Array | null {
    const [first, second] = shape;
    const places = this.#places;
    const texts = () => Int32Array.from({ length: this.examples }, (_, i) => i);
    if (!places) return first === this.examples ? texts() : null;
    if (shape.length === 3) return first === this.examples && second === this.#time ? places : null;
    if (shape.length !== 2) return null;
    if (this.#packed && first === this.#packed.length) return Int32Array.from(this.#packed, (place) => places[place]!);
    return first === this.examples ? texts() : null;
  }

  /** A value's rows, example by example. */
  split(shape: readonly number[], data: Float32Array): Float32Array[] {
    const owners = this.ownersOf(shape)!;
    const width = sizeOf(shape) / owners.length;
    const counts = new Array<number>(this.examples).fill(0);
    for (const owner of owners) if (owner >= 0) counts[owner]!++;
    const parts = counts.map((count) => new Float32Array(count * width));
    const filled = new Array<number>(this.examples).fill(0);
    for (const [row, owner] of owners.entries()) {
      if (owner < 0) continue;
      parts[owner]!.set(data.subarray(row * width, (row + 1) * width), filled[owner]!);
      filled[owner]! += width;
    }
    return parts;
  }

  /** The value whose rows these are, with zeros where padding stands. */
  joined(shape: readonly number[], parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
    const owners = this.ownersOf(shape)!;
    const width = sizeOf(shape) / owners.length;
    const data = new Float32Array(sizeOf(shape));
    const taken = new Array<number>(this.examples).fill(0);
    for (const [row, owner] of owners.entries()) {
      if (owner < 0) continue;
      data.set(parts[owner]!.subarray(taken[owner]!, taken[owner]! + width), row * width);
      taken[owner]! += width;
    }
    if (parts.some(({ length }, example) => length !== taken[example]))
      throw new ConfigError(
        `Trainer: cache_frozen: a value of the frozen part is ${formatShape(shape)} in this batch and had another shape in an earlier one; without an attention_mask all examples have to be of one length. Leave cache_frozen at 'no'.`,
      );
    return data;
  }

  /** A number that tells one example's inputs from others: FNV-1a over what is no padding, and where it starts. */
  inputsOf(example: number): number {
    let sum = 0x811c9dc5;
    const mix = (number: number) => {
      sum = Math.imul(sum ^ number, 0x01000193);
    };
    const places = this.#places;
    for (const tensor of this.#inputs) {
      const content = knownContent(tensor);
      if (!content) continue;
      const length = content.length / this.examples;
      for (let i = 0; i < length; i++) {
        const place = example * length + i;
        if (places && length === this.#time && places[place]! < 0) continue;
        mix(i);
        const number = Number(content[place]!);
        // The bits of a fraction are in its multiple by a large power of two as well.
        mix(number | 0);
        if (!Number.isInteger(number)) mix((number * 0x1000000) | 0);
      }
    }
    return sum;
  }
}

/** Where what is kept lies. */
interface Store {
  readonly count: number;
  readonly bytes: number;
  get(row: number): Promise<Kept | undefined>;
  set(row: number, kept: Kept): Promise<void>;
  /** Forgets everything, and removes its file. */
  clear(): Promise<void>;
}

class MemoryStore implements Store {
  readonly #kept = new Map<number, Kept>();
  bytes = 0;

  get count(): number {
    return this.#kept.size;
  }

  async get(row: number): Promise<Kept | undefined> {
    return this.#kept.get(row);
  }

  async set(row: number, kept: Kept): Promise<void> {
    this.#kept.set(row, kept);
    for (const part of kept.parts) this.bytes += part.byteLength;
  }

  async clear(): Promise<void> {
    this.#kept.clear();
    this.bytes = 0;
  }
}

/** One file, written from front to back; where each example's rows lie is in memory. */
class DiskStore implements Store {
  readonly #folder: string;
  readonly #index = new Map<number, { readonly inputs: number; readonly start: number; readonly lengths: readonly number[] }>();
  #file: ScratchFile | null = null;
  bytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get count(): number {
    return this.#index.size;
  }

  async get(row: number): Promise<Kept | undefined> {
    const entry = this.#index.get(row);
    if (!entry || !this.#file) return undefined;
    const all = new Float32Array(entry.lengths.reduce((a, b) => a + b, 0));
    await this.#file.read(new Uint8Array(all.buffer), entry.start);
    let at = 0;
    const parts = entry.lengths.map((length) => {
      at += length;
      return all.subarray(at - length, at);
    });
    return { inputs: entry.inputs, parts };
  }

  async set(row: number, { inputs, parts }: Kept): Promise<void> {
    this.#file ??= await openScratch(this.#folder, 'frozen-cache');
    this.#index.set(row, { inputs, start: this.bytes, lengths: parts.map(({ length }) => length) });
    for (const { buffer, byteOffset, byteLength } of parts) {
      await this.#file.write(new Uint8Array(buffer, byteOffset, byteLength), this.bytes);
      this.bytes += byteLength;
    }
  }

  async clear(): Promise<void> {
    await this.#file?.remove();
    this.#file = null;
    this.#index.clear();
    this.bytes = 0;
  }
}
