import { ConfigError, formatShape, ShapeError } from '../core/index.ts';
import { indexList, knownContent, ones, type Tensor, where } from '../tensor/index.ts';
import { pickRows, placeRows } from './packed-tokens.ts';

/**
 * Sequences of different lengths without padding, step by step: the first steps of all, then the second steps of those
 * that have one, and so on, the longest sequence first. Recurrent layers take it in the place of a padded batch. Made by
 * `pack_padded_sequence`. As torch.nn.utils.rnn.PackedSequence, with lists of numbers where that has tensors.
 */
export class PackedSequence {
  /** All steps of all sequences, `[N, ...rest]`. */
  readonly data: Tensor;
  /** How many sequences have a first step, a second step, and so on. */
  readonly batch_sizes: readonly number[];
  /** The place in the batch of each sequence, longest first; null where they came in that order. */
  readonly sorted_indices: readonly number[] | null;
  /** The rank by length of each sequence of the batch; null where they came in that order. */
  readonly unsorted_indices: readonly number[] | null;

  constructor(data: Tensor, batch_sizes: readonly number[], sorted_indices: readonly number[] | null = null) {
    const steps = batch_sizes.reduce((sum, size) => sum + size, 0);
    if (data.shape[0] !== steps)
      throw new ShapeError(
        `PackedSequence: data is ${formatShape(data.shape)} and batch_sizes add up to ${steps}; they must agree.`,
      );
    this.data = data;
    this.batch_sizes = batch_sizes;
    this.sorted_indices = sorted_indices;
    this.unsorted_indices = sorted_indices?.map((_, place) => sorted_indices.indexOf(place)) ?? null;
  }

  /** The length of each sequence, in the order of the batch. */
  get lengths(): number[] {
    const sorted = Array.from(
      { length: this.batch_sizes[0]! },
      (_, rank) => this.batch_sizes.filter((size) => size > rank).length,
    );
    return this.unsorted_indices ? this.unsorted_indices.map((rank) => sorted[rank]!) : sorted;
  }

  /** The same sequences with other content. Shapes: data `[N, ...rest]`. */
  with(data: Tensor): PackedSequence {
    return new PackedSequence(data, this.batch_sizes, this.sorted_indices);
  }

  /** For each row of `data`, what `place` says of its step and its sequence (by its place in the batch). */
  places(place: (step: number, sequence: number) => number): number[] {
    return this.batch_sizes.flatMap((size, step) =>
      Array.from({ length: size }, (_, rank) => place(step, this.sorted_indices ? this.sorted_indices[rank]! : rank)),
    );
  }
}

/** Options of `pack_padded_sequence`. */
export interface PackOptions {
  /** Whether the batch is the first axis, `[B, T, ...]`, and not the second. Default false. */
  readonly batch_first?: boolean;
  /** Whether to insist that the sequences come longest first. Default true. */
  readonly enforce_sorted?: boolean;
}

/**
 * A padded batch of sequences without its padding. Shapes: input `[T, B, ...rest]`, lengths B numbers from 1 to T.
 * As torch.nn.utils.rnn.pack_padded_sequence.
 * @throws ShapeError when there is not one length for each sequence, or one is not from 1 to T.
 * @throws ConfigError when the sequences do not come longest first and `enforce_sorted` is not false, or when the lengths
 * are a tensor whose content is still to be computed.
 */
export function pack_padded_sequence(
  input: Tensor,
  lengths: readonly number[] | Tensor,
  { batch_first = false, enforce_sorted = true }: PackOptions = {},
): PackedSequence {
  const known = 'shape' in lengths ? knownContent(lengths) : lengths;
  if (!known)
    throw new ConfigError(
      'pack_padded_sequence: the lengths have not been computed yet; give numbers, or a tensor made of them.',
    );
  const list = Array.from(known as ArrayLike<number | bigint>, Number);
  const [batch, time] = batch_first ? [input.shape[0]!, input.shape[1]!] : [input.shape[1]!, input.shape[0]!];
  if (list.length !== batch || list.some((length) => !(Number.isInteger(length) && length >= 1 && length <= time)))
    throw new ShapeError(
      `pack_padded_sequence: input is ${formatShape(input.shape)} and lengths are ${formatShape(list)}; there must be ${batch} of them, each from 1 to ${time}.`,
    );
  const isSorted = list.every((length, i) => i === 0 || length <= list[i - 1]!);
  if (enforce_sorted && !isSorted)
    throw new ConfigError(
      `pack_padded_sequence: lengths are ${formatShape(list)}; with enforce_sorted they must not increase. Set enforce_sorted to false.`,
    );
  const order = [...list.keys()].sort((a, b) => list[b]! - list[a]! || a - b);
  const batch_sizes = Array.from({ length: Math.max(...list) }, (_, step) => list.filter((length) => length > step).length);
  const rows = input.reshape(batch * time, ...input.shape.slice(2));
  const place = (step: number, rank: number) => (batch_first ? order[rank]! * time + step : step * batch + order[rank]!);
  const places = batch_sizes.flatMap((size, step) => Array.from({ length: size }, (_, rank) => place(step, rank)));
  return new PackedSequence(pickRows(rows, indexList(places)), batch_sizes, enforce_sorted ? null : order);
}

/** Options of `pad_packed_sequence`. */
export interface PadOptions {
  /** Whether the batch is to be the first axis, `[B, T, ...]`, and not the second. Default false. */
  readonly batch_first?: boolean;
  /** What stands where there is no step. Default 0. */
  readonly padding_value?: number;
  /** The length to pad to. Default: that of the longest sequence. */
  readonly total_length?: number | null;
}

/**
 * The padded batch of a packed one, and the sequences' lengths, in the order in which they were packed.
 * Shapes: `[T, B, ...rest]`. As torch.nn.utils.rnn.pad_packed_sequence, with the lengths as numbers.
 * @throws ShapeError when `total_length` is less than the longest sequence.
 */
export function pad_packed_sequence(
  sequence: PackedSequence,
  { batch_first = false, padding_value = 0, total_length = null }: PadOptions = {},
): [Tensor, number[]] {
  const longest = sequence.batch_sizes.length;
  const time = total_length ?? longest;
  if (!(Number.isInteger(time) && time >= longest))
    throw new ShapeError(
      `pad_packed_sequence: total_length is ${total_length} and the longest sequence has ${longest} steps; it must not be less.`,
    );
  const batch = sequence.batch_sizes[0]!;
  const places = indexList(sequence.places((step, place) => (batch_first ? place * time + step : step * batch + place)));
  const lead = batch_first ? [batch, time] : [time, batch];
  const padded = (rows: Tensor) => placeRows(rows, places, batch * time).reshape(...lead, ...rows.shape.slice(1));
  const y = padded(sequence.data);
  if (padding_value === 0) return [y, sequence.lengths];
  const isStep = padded(ones([sequence.data.shape[0]!, ...sequence.data.shape.slice(1).map(() => 1)])).gt(0);
  return [where(isStep, y, padding_value), sequence.lengths];
}
