import * as ops from '../ops/index.ts';
import { indexList, knownContent, lift, pickedNow, type Tensor } from '../tensor/index.ts';

/** Rows of x at distinct places, given as whole numbers. Shapes: x `[N, ...rest]`, places `[M]` → `[M, ...rest]`. */
export function pickRows(x: Tensor, places: Tensor): Tensor {
  return lift(ops.pickRows(x.value, places.value), x);
}

/** Zeros with the rows of x at distinct places. Shapes: x `[M, ...rest]`, places `[M]` → `[rows, ...rest]`. */
export function placeRows(x: Tensor, places: Tensor, rows: number): Tensor {
  return lift(ops.placeRows(x.value, places.value, { rows }), x);
}

/** Where fewer places than this share of all are left out, cutting and joining costs as much as it saves. */
const largestShare = 0.875;

/**
 * The places that count, in order, with as many of the others as make the list's length one of about 64, so that few
 * lengths make few programs. Null where nearly all count.
 */
export function roundedPlaces(counts: (place: number) => boolean, size: number): number[] | null {
  const step = Math.max(8, 2 ** Math.ceil(Math.log2(size / 64)));
  let wanted = 0;
  for (let place = 0; place < size; place++) if (counts(place)) wanted++;
  const rounded = Math.max(step, Math.ceil(wanted / step) * step);
  if (rounded > largestShare * size) return null;
  let spare = rounded - wanted;
  const places: number[] = [];
  for (let place = 0; place < size; place++) {
    if (counts(place)) places.push(place);
    else if (spare > 0) {
      places.push(place);
      spare--;
    }
  }
  return places;
}

/**
 * The tokens of a padded batch without its padding, as one list `[N]`: all work on single tokens is done on this list, and
 * only attention sees `[B, T]`. N is rounded up by a few tokens of padding, so that few lengths make few programs.
 */
export class PackedTokens {
  /** The position of each token in its text, `[N]`. */
  readonly positions: Tensor;
  readonly #list: readonly number[];
  readonly #places: Tensor;
  readonly #firsts: Tensor;
  readonly #batch: number;
  readonly #time: number;

  private constructor(places: readonly number[], batch: number, time: number) {
    this.#batch = batch;
    this.#time = time;
    this.#list = places;
    this.#places = indexList(places);
    this.positions = indexList(places.map((place) => place % time));
    this.#firsts = indexList(places.flatMap((place, i) => (place % time === 0 ? [i] : [])));
  }

  /**
   * The packing that a mask asks for, 1 for tokens and 0 for padding, `[B, T]`; the first token of each text always counts.
   * Null where the mask's content is not known yet, or where there is too little padding to gain by it.
   */
  static of(attention_mask: Tensor): PackedTokens | null {
    const [batch, time] = attention_mask.shape as [number, number];
    const mask = knownContent(attention_mask);
    const places = mask && roundedPlaces((place) => Number(mask[place]) !== 0 || place % time === 0, batch * time);
    return places && new PackedTokens(places, batch, time);
  }

  /** Where each token of the list stands, counted through `[B, T]`. */
  get places(): readonly number[] {
    return this.#list;
  }

  /** Shapes: `[B, T, ...rest]` → `[N, ...rest]`. What is known beforehand, as ids and labels are, stays so. */
  pack(x: Tensor): Tensor {
    const known = x.rank === 2 ? knownContent(x) : null;
    if (known) return pickedNow(known, x.dtype, this.#list);
    return pickRows(x.reshape(this.#batch * this.#time, ...x.shape.slice(2)), this.#places);
  }

  /** Zeros where padding stands. Shapes: `[N, ...rest]` → `[B, T, ...rest]`. */
  unpack(x: Tensor): Tensor {
    const all = placeRows(x, this.#places, this.#batch * this.#time);
    return all.reshape(this.#batch, this.#time, ...x.shape.slice(1));
  }

  /** The first token of each text. Shapes: `[N, ...rest]` → `[B, ...rest]`. */
  firsts(x: Tensor): Tensor {
    return pickRows(x, this.#firsts);
  }
}

/**
 * The rows whose labels count, and their labels: what a loss over them has to read. By this choice nothing is computed for
 * the other rows, back to the last op that mixes rows. A few ignored ones stay, so that few lengths make few programs.
 * Where the labels' content is not known yet, or nearly all count, both come back as they are.
 * Shapes: x `[N, ...rest]`, labels `[N]` → `[M, ...rest]`, `[M]`.
 */
export function labelledRows(x: Tensor, labels: Tensor, ignore_index: number): readonly [Tensor, Tensor] {
  const known = knownContent(labels);
  const chosen = known && roundedPlaces((place) => Number(known[place]) !== ignore_index, labels.size);
  if (!chosen) return [x, labels];
  const places = indexList(chosen);
  return [pickRows(x, places), pickRows(labels, places)];
}
