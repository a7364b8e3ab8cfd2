import { describe, expect, test } from 'vitest';
import { arange, type Tensor, tensor, zeros } from '../tensor/index.ts';
import { PackedSequence, pack_padded_sequence, pad_packed_sequence } from './index.ts';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

describe('pack_padded_sequence', () => {
  // The example of torch.nn.utils.rnn.pad_packed_sequence.
  const padded = tensor([
    [1, 2, 0],
    [3, 0, 0],
    [4, 5, 6],
  ]);

  test('lays steps one after another, the longest sequence first', async () => {
    const packed = pack_padded_sequence(padded, [2, 1, 3], { batch_first: true, enforce_sorted: false });
    expect(await numbers(packed.data)).toEqual([4, 1, 3, 5, 2, 6]);
    expect(packed).toMatchObject({
      batch_sizes: [3, 2, 1],
      sorted_indices: [2, 0, 1],
      unsorted_indices: [1, 2, 0],
      lengths: [2, 1, 3],
    });
  });

  test('takes the batch as the second axis, and lengths as a tensor', async () => {
    const x = tensor([
      [1, 4],
      [2, 5],
      [3, 0],
    ]);
    const packed = pack_padded_sequence(x, tensor([3, 2], { dtype: 'int64' }));
    expect(await numbers(packed.data)).toEqual([1, 4, 2, 5, 3]);
    expect(packed).toMatchObject({ batch_sizes: [2, 2, 1], sorted_indices: null, unsorted_indices: null });
  });

  test('comes back by pad_packed_sequence, in the order it had', async () => {
    const packed = pack_padded_sequence(padded, [2, 1, 3], { batch_first: true, enforce_sorted: false });
    const [again, lengths] = pad_packed_sequence(packed, { batch_first: true });
    expect(await numbers(again)).toEqual([1, 2, 0, 3, 0, 0, 4, 5, 6]);
    expect(lengths).toEqual([2, 1, 3]);
    const [wide] = pad_packed_sequence(packed, { total_length: 4, padding_value: -1 });
    expect(wide.shape).toEqual([4, 3]);
    expect(await numbers(wide)).toEqual([1, 3, 4, 2, -1, 5, -1, -1, 6, -1, -1, -1]);
  });

  test('says what does not fit', () => {
    const x = zeros([4, 2, 3]);
    const messages = [
      () => pack_padded_sequence(x, [3]),
      () => pack_padded_sequence(x, [5, 1]),
      () => pack_padded_sequence(x, [3, 0]),
      () => pack_padded_sequence(x, [3, 4]),
      () => pack_padded_sequence(x, arange(2).add(1)),
      () => new PackedSequence(x, [3, 2]),
      () => pad_packed_sequence(pack_padded_sequence(x, [4, 3]), { total_length: 3 }),
    ].map((wrong) => {
      try {
        return wrong();
      } catch (error) {
        return String(error);
      }
    });
    expect(messages.join('\n')).toMatchInlineSnapshot(`
      "ShapeError: pack_padded_sequence: input is [4, 2, 3] and lengths are [3]; there must be 2 of them, each from 1 to 4.
      ShapeError: pack_padded_sequence: input is [4, 2, 3] and lengths are [5, 1]; there must be 2 of them, each from 1 to 4.
      ShapeError: pack_padded_sequence: input is [4, 2, 3] and lengths are [3, 0]; there must be 2 of them, each from 1 to 4.
      ConfigError: pack_padded_sequence: lengths are [3, 4]; with enforce_sorted they must not increase. Set enforce_sorted to false.
      ConfigError: pack_padded_sequence: the lengths have not been computed yet; give numbers, or a tensor made of them.
      ShapeError: PackedSequence: data is [4, 2, 3] and batch_sizes add up to 5; they must agree.
      ShapeError: pad_packed_sequence: total_length is 3 and the longest sequence has 4 steps; it must not be less."
    `);
  });
});
