import { ConfigError } from '../core/index.ts';
import { type Placement, residentZeros, type Tensor, tensor, writePlaces } from '../tensor/index.ts';

/** Keys and values of one layer. */
export interface LayerStates {
  /** `[B, H, P, D]` */
  readonly key: Tensor;
  /** `[B, H, P, D]` */
  readonly value: Tensor;
}

/** What a cache is for; named as in Hugging Face's configs. */
export interface KeyValueCacheOptions {
  readonly num_hidden_layers: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  /** Default 1. */
  readonly batch_size?: number;
  /** How many places there is room for from the start: no shape changes up to there. Default 64. */
  readonly max_cache_len?: number;
  /** Where the model computes. Default: as `setDefaultDevice` said. */
  readonly place?: Placement | null;
}

/** Room for so many places at first, unless told; it doubles when they are taken. */
const firstRoom = 64;

/**
 * Keys and values of the places that a decoder has read, for each of its layers. They lie in the memory of the runtime that
 * computes with them, and a step adds the rows of its own places to them: nothing is copied but when the room doubles.
 *
 * A step reads `layers` (as `past` of `scaledDotProductAttention`, with `mask()`) and gives to `append` what its own places'
 * keys and values are. Places beyond `length` are zeros, which the mask leaves out: shapes change only with the room, so that
 * one compiled program serves every length.
 * Like Hugging Face's DynamicCache, but for that room (with `max_cache_len` like its StaticCache, but that it grows beyond), and
 * that keys and values of a step come in at its end.
 */
export class KeyValueCache {
  #layers: LayerStates[];
  /** 0 where a place is to be attended to, else −∞, `[B, P]`. */
  #mask: Float32Array<ArrayBuffer>;
  #length = 0;
  readonly #batch: number;

  private constructor(layers: LayerStates[]) {
    this.#layers = layers;
    this.#batch = layers[0]!.key.shape[0]!;
    this.#mask = new Float32Array(this.#batch * this.room).fill(Number.NEGATIVE_INFINITY);
  }

  /** A cache that holds nothing yet. */
  static async create({
    num_hidden_layers,
    num_key_value_heads,
    head_dim,
    batch_size = 1,
    max_cache_len = firstRoom,
    place = null,
  }: KeyValueCacheOptions): Promise<KeyValueCache> {
    const counts = { num_hidden_layers, num_key_value_heads, head_dim, batch_size, max_cache_len };
    for (const [name, count] of Object.entries(counts))
      if (!(Number.isInteger(count) && count > 0))
        throw new ConfigError(`KeyValueCache: ${name} is ${count}; it must be a whole number from 1.`);
    const shape = [batch_size, num_key_value_heads, max_cache_len, head_dim];
    const empty = () => residentZeros(shape, { dtype: 'float32', place });
    const layers: LayerStates[] = [];
    for (let i = 0; i < num_hidden_layers; i++) layers.push({ key: await empty(), value: await empty() });
    return new KeyValueCache(layers);
  }

  /** How many places have been read. */
  get length(): number {
    return this.#length;
  }

  /** How many places there is room for: P. */
  get room(): number {
    return this.#layers[0]!.key.shape[2]!;
  }

  /** Each layer's keys and values, `[B, H, P, D]`. They are replaced when the room grows: ask at each step. */
  get layers(): readonly LayerStates[] {
    return this.#layers;
  }

  /** What is added to the scores of the P places, `[B, 1, 1, P]`: 0, or −∞ where there is none or padding. */
  mask(): Tensor {
    return tensor(this.#mask.slice(), { shape: [this.#batch, 1, 1, this.room] });
  }

  /**
   * Adds the keys and values of the places that a step has read. The tensors are disposed: their content is in the cache.
   * @param attention_mask 1 for tokens and 0 for padding, `[B][T]`. Default: no padding.
   * @throws ShapeError when they do not fit to those before.
   */
  async append(states: readonly LayerStates[], attention_mask?: readonly (readonly number[])[]): Promise<void> {
    if (states.length !== this.#layers.length)
      throw new ConfigError(`KeyValueCache: states of ${states.length} layers came; the cache has ${this.#layers.length}.`);
    const added = states[0]!.key.shape[2]!;
    if (this.#length + added > this.room) await this.#grow(roomOf(this.#length + added));
    const start = this.#length;
    await writePlaces(
      states.flatMap(({ key, value }, i) => [
        { target: this.#layers[i]!.key, source: key, start },
        { target: this.#layers[i]!.value, source: value, start },
      ]),
      2,
    );
    for (let b = 0; b < this.#batch; b++)
      for (let t = 0; t < added; t++) if (attention_mask?.[b]?.[t] !== 0) this.#mask[b * this.room + start + t] = 0;
    this.#length += added;
    for (const { key, value } of states) for (const part of [key, value]) part.dispose();
  }

  /** Frees the memory. */
  dispose(): void {
    for (const { key, value } of this.#layers) for (const part of [key, value]) part.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #grow(room: number): Promise<void> {
    const [before, places] = [this.#layers, this.room];
    const layers = await roomFor(before, room);
    await writePlaces(
      before.flatMap(({ key, value }, i) => [
        { target: layers[i]!.key, source: key, start: 0 },
        { target: layers[i]!.value, source: value, start: 0 },
      ]),
      2,
    );
    const mask = new Float32Array(this.#batch * room).fill(Number.NEGATIVE_INFINITY);
    for (let b = 0; b < this.#batch; b++) mask.set(this.#mask.subarray(b * places, (b + 1) * places), b * room);
    this.dispose();
    this.#layers = layers;
    this.#mask = mask;
  }
}

/** The room in which so many places fit: a power of two. */
function roomOf(places: number): number {
  return Math.max(firstRoom, 2 ** Math.ceil(Math.log2(places)));
}

/** Empty layers of the shapes of others, with this much room. */
async function roomFor(states: readonly LayerStates[], room: number): Promise<LayerStates[]> {
  const empty = (part: Tensor) => residentZeros(part.shape.with(2, room), { dtype: part.dtype, beside: part });
  return Promise.all(states.map(async ({ key, value }) => ({ key: await empty(key), value: await empty(value) })));
}
