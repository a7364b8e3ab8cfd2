import { cases } from '../../test/support/cases.ts';
import { at, build, type Plain, transposed } from '../../test/support/reference.ts';
import { bools, integers, normal, zeros } from '../../test/support/samples.ts';
import { chunk, diagonal, flip, movedim, repeatInterleave, roll, stack, tile, unbind } from './rearranging.ts';

const counted = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);
/** The element whose position on one axis is a function of the place. */
const moved = (x: Plain, axis: number, position: (place: readonly number[]) => number) => (place: number[]) =>
  at(x, place.with(axis, x.shape[axis] === 1 ? 0 : position(place)));

export const stackCases = cases(
  stack,
  {
    inputs: ['...xs'],
    torch: 'torch.stack',
    reference: ({ xs, axis }: { xs: readonly Plain[]; axis: number }) => {
      const along = counted(axis, xs[0]!.shape.length + 1);
      return build(xs[0]!.shape.toSpliced(along, 0, xs.length), (place) => at(xs[place[along]!]!, place.toSpliced(along, 1)));
    },
    tolerance: 'exact',
  },
  [
    { xs: [normal(), normal()], axis: 0 },
    { xs: [normal(2, 3), normal(2, 3), normal(2, 3)], axis: 1 },
    { xs: [normal(2, 3), normal(2, 3)], axis: -1 },
    { xs: [], axis: 0, throws: /there are no tensors to stack/ },
    { xs: [zeros(2), zeros(3)], axis: 0, throws: /one tensor is \[2\] and another \[3\]/ },
    { xs: [zeros(2), zeros(2)], axis: 2, throws: /there is no axis 2/ },
  ],
);

const parts = (x: Plain, along: number, sizes: readonly number[]) => {
  let start = 0;
  return sizes.map((size) => {
    const from = start;
    start += size;
    return build(
      x.shape.with(along, size),
      moved(x, along, (place) => place[along]! + from),
    );
  });
};

export const chunkCases = cases(
  chunk,
  {
    inputs: ['x'],
    torch: 'torch.chunk',
    reference: ({ x, chunks, axis }: { x: Plain; chunks: number; axis: number }) => {
      const along = counted(axis, x.shape.length);
      const length = x.shape[along]!;
      const size = Math.ceil(length / chunks);
      const sizes: number[] = [];
      for (let left = length; left > 0; left -= size) sizes.push(Math.min(size, left));
      return parts(x, along, sizes);
    },
    tolerance: 'exact',
  },
  [
    { x: normal(7), chunks: 3, axis: 0 },
    { x: normal(2, 6), chunks: 4, axis: -1, note: 'fewer than asked' },
    { x: normal(2, 3), chunks: 1, axis: 1 },
    { x: zeros(4), chunks: 0, axis: 0, throws: /chunks is 0; it must be a whole number from 1/ },
  ],
);

export const unbindCases = cases(
  unbind,
  {
    inputs: ['x'],
    torch: 'torch.unbind',
    reference: ({ x, axis }: { x: Plain; axis: number }) => {
      const along = counted(axis, x.shape.length);
      return parts(x, along, new Array<number>(x.shape[along]!).fill(1)).map(({ shape, data }) => ({
        shape: shape.toSpliced(along, 1),
        data,
      }));
    },
    tolerance: 'exact',
  },
  [
    { x: normal(3), axis: 0 },
    { x: normal(2, 3), axis: -1 },
    { x: normal(1, 3), axis: 0, note: 'one' },
  ],
);

export const movedimCases = cases(
  movedim,
  {
    inputs: ['x'],
    torch: 'torch.movedim',
    reference: ({ x, from, to }: { x: Plain; from: readonly number[]; to: readonly number[] }) => {
      const rank = x.shape.length;
      const perm = new Array<number>(rank).fill(-1);
      from.forEach((axis, i) => {
        perm[counted(to[i]!, rank)] = counted(axis, rank);
      });
      const rest = x.shape.map((_, axis) => axis).filter((axis) => !perm.includes(axis));
      return transposed(
        x,
        perm.map((axis) => (axis < 0 ? rest.shift()! : axis)),
      );
    },
    tolerance: 'exact',
  },
  [
    { x: normal(2, 3, 4), from: [0], to: [2] },
    { x: normal(2, 3, 4), from: [2, 0], to: [0, 1] },
    { x: normal(2, 3, 4, 2), from: [-1], to: [1] },
    { x: normal(2, 3), from: [0], to: [0], note: 'where it was' },
    { x: zeros(2, 3), from: [0, 1], to: [0], throws: /from is \[0, 1\] and to is \[0\]/ },
    { x: zeros(2, 3), from: [0, 0], to: [0, 1], throws: /each once/ },
  ],
);

export const flipCases = cases(
  flip,
  {
    inputs: ['x'],
    torch: 'torch.flip',
    reference: ({ x, axes }: { x: Plain; axes: number | readonly number[] | null }) => {
      const list = (axes === null ? x.shape.map((_, i) => i) : [axes].flat()).map((axis) => counted(axis, x.shape.length));
      return build(x.shape, (place) =>
        at(
          x,
          place.map((p, i) => (list.includes(i) ? x.shape[i]! - 1 - p : p)),
        ),
      );
    },
    tolerance: 'exact',
  },
  [
    { x: normal(5), axes: 0 },
    { x: normal(2, 3), axes: [-1] },
    { x: normal(2, 1, 3), axes: null, note: 'all' },
    { x: integers(0, 9, 2, 3), axes: [0, 1] },
    { x: bools(5), axes: 0 },
    { x: zeros(3), axes: 1, throws: /there is no axis 1/ },
  ],
);

export const rollCases = cases(
  roll,
  {
    inputs: ['x'],
    torch: 'torch.roll',
    reference: ({
      x,
      shifts,
      axes,
    }: {
      x: Plain;
      shifts: number | readonly number[];
      axes: number | readonly number[] | null;
    }) => {
      const by = [shifts].flat();
      const turn = (place: number, shift: number, length: number) => (((place - shift) % length) + length) % length;
      if (axes === null) return { shape: x.shape, data: x.data.map((_, i) => x.data[turn(i, by[0]!, x.data.length)]!) };
      return [axes].flat().reduce((y, axis, i) => {
        const along = counted(axis, y.shape.length);
        return build(
          y.shape,
          moved(y, along, (place) => turn(place[along]!, by[i]!, y.shape[along]!)),
        );
      }, x);
    },
    tolerance: 'exact',
  },
  [
    { x: normal(5), shifts: 2, axes: 0 },
    { x: normal(5), shifts: -7, axes: 0, note: 'backwards, more than once around' },
    { x: normal(2, 3), shifts: 1, axes: null, note: 'as one row' },
    { x: normal(2, 3), shifts: [1, -1], axes: [0, 1] },
    { x: normal(2, 3), shifts: 3, axes: 1, note: 'once around' },
    { x: zeros(2, 3), shifts: [1], axes: [0, 1], throws: /there must be one shift for each axis/ },
  ],
);

export const tileCases = cases(
  tile,
  {
    inputs: ['x'],
    torch: 'torch.tile, Tensor.repeat',
    reference: ({ x, repeats }: { x: Plain; repeats: readonly number[] }) => {
      const rank = Math.max(repeats.length, x.shape.length);
      const shape = [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape];
      const times = [...new Array<number>(rank - repeats.length).fill(1), ...repeats];
      const wide = { shape, data: x.data };
      return build(
        shape.map((length, i) => length * times[i]!),
        (place) =>
          at(
            wide,
            place.map((p, i) => p % shape[i]!),
          ),
      );
    },
    tolerance: 'exact',
  },
  [
    { x: normal(3), repeats: [2] },
    { x: normal(2, 3), repeats: [2, 1] },
    { x: normal(2, 3), repeats: [2], note: 'fewer repeats than axes' },
    { x: normal(3), repeats: [2, 1, 2], note: 'more repeats than axes' },
    { x: normal(), repeats: [3], note: 'a scalar' },
    { x: zeros(3), repeats: [0], throws: /repeats are \[0\]; they must be whole numbers from 1/ },
  ],
);

export const repeatInterleaveCases = cases(
  repeatInterleave,
  {
    inputs: ['x'],
    torch: 'torch.repeat_interleave',
    reference: ({ x, repeats, axis }: { x: Plain; repeats: number; axis: number }) => {
      const along = counted(axis, x.shape.length);
      return build(
        x.shape.with(along, x.shape[along]! * repeats),
        moved(x, along, (place) => Math.floor(place[along]! / repeats)),
      );
    },
    tolerance: 'exact',
  },
  [
    { x: normal(3), repeats: 2, axis: 0 },
    { x: normal(2, 3), repeats: 3, axis: -1 },
    { x: normal(2, 3), repeats: 1, axis: 0, note: 'once' },
    { x: zeros(3), repeats: 1.5, axis: 0, throws: /repeats are \[1.5\]/ },
  ],
);

export const diagonalCases = cases(
  diagonal,
  {
    inputs: ['x'],
    torch: 'torch.diagonal',
    reference: ({ x, offset = 0, axis1 = 0, axis2 = 1 }: { x: Plain; offset?: number; axis1?: number; axis2?: number }) => {
      const [row, column] = [counted(axis1, x.shape.length), counted(axis2, x.shape.length)];
      const rest = x.shape.map((_, i) => i).filter((i) => i !== row && i !== column);
      const size = Math.min(x.shape[row]! + Math.min(offset, 0), x.shape[column]! - Math.max(offset, 0));
      return build([...rest.map((i) => x.shape[i]!), size], (place) => {
        const source = x.shape.map(() => 0);
        rest.forEach((axis, i) => {
          source[axis] = place[i]!;
        });
        source[row] = place.at(-1)! + Math.max(-offset, 0);
        source[column] = place.at(-1)! + Math.max(offset, 0);
        return at(x, source);
      });
    },
    tolerance: 'exact',
  },
  [
    { x: normal(3, 3) },
    { x: normal(3, 4), offset: 1 },
    { x: normal(4, 3), offset: -2 },
    { x: normal(2, 3, 3), axis1: 1, axis2: 2 },
    { x: normal(3, 2, 4), axis1: -1, axis2: 0, offset: 1 },
    { x: normal(1, 4), note: 'one element' },
    { x: zeros(2, 2), axis1: 0, axis2: -2, throws: /axis1 and axis2 are both 0/ },
    { x: zeros(2, 2), offset: 2, throws: /there is no such diagonal of 2 rows and 2 columns/ },
  ],
);
