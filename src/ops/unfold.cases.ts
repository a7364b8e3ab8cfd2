import { cases } from '../../test/support/cases.ts';
import { at, build, type Plain, places } from '../../test/support/reference.ts';
import { as, normal, zeros } from '../../test/support/samples.ts';
import { fold, type Kernels, unfold } from './unfold.ts';

/** Which element of `[N, C, ...L]` goes where in `[N, C · taps, windows]`. */
function* moves(image: readonly number[], { kernel, stride, padding, dilation }: Kernels) {
  const counts = kernel.map((length, i) => {
    const padded = image[i + 2]! + padding[i]! + padding[kernel.length + i]!;
    return Math.floor((padded - dilation[i]! * (length - 1) - 1) / stride[i]!) + 1;
  });
  const [taps, windows] = [[...places(kernel)], [...places(counts)]];
  for (const [n, c] of places(image.slice(0, 2)) as Iterable<[number, number]>) {
    for (const [t, tap] of taps.entries()) {
      for (const [w, window] of windows.entries()) {
        const from = tap.map((k, i) => window[i]! * stride[i]! - padding[i]! + k * dilation[i]!);
        const isInside = from.every((position, i) => position >= 0 && position < image[i + 2]!);
        yield { image: isInside ? [n, c, ...from] : null, column: [n, c * taps.length + t, w] };
      }
    }
  }
}

function unfolded(x: Plain, kernels: Kernels): Plain {
  const columns = new Map<string, number>();
  let last: readonly number[] = [];
  for (const { image, column } of moves(x.shape, kernels)) {
    columns.set(column.join(), image ? at(x, image) : 0);
    last = column;
  }
  return build(
    last.map((position) => position + 1),
    (place) => columns.get(place.join())!,
  );
}

function folded(x: Plain, { lengths, ...kernels }: Kernels & { readonly lengths: readonly number[] }): Plain {
  const taps = kernels.kernel.reduce((a, b) => a * b);
  const shape = [x.shape[0]!, x.shape[1]! / taps, ...lengths];
  const sums = new Map<string, number>();
  for (const { image, column } of moves(shape, kernels))
    if (image) sums.set(image.join(), (sums.get(image.join()) ?? 0) + at(x, column));
  return build(shape, (place) => sums.get(place.join()) ?? 0);
}

const line = { kernel: [3], stride: [1], padding: [0, 0], dilation: [1] };
const uneven = { kernel: [2, 3], stride: [2, 3], padding: [1, 0, 1, 2], dilation: [2, 1] };

export const unfoldCases = cases(
  unfold,
  {
    torch: 'F.unfold',
    reference: ({ x, ...kernels }) => unfolded(x, kernels),
    tolerance: 'exact',
  },
  [
    { x: normal(2, 3, 7), ...line },
    { x: normal(2, 2, 7, 8), ...uneven, note: 'all options, unequal' },
    { x: normal(1, 2, 5), ...line, kernel: [1], stride: [2], note: 'windows of one place' },
    { x: zeros(2, 3), ...line, throws: /x is \[2, 3\]; it needs 3 axes/ },
    { x: zeros(2, 3, 2), ...line, throws: /it reaches over 3 and the padded input has 2/ },
    { x: as('float64', zeros(2, 3, 7)), ...line, throws: /x is float64; it needs float32/ },
  ],
);

export const foldCases = cases(
  fold,
  { torch: 'F.fold', reference: ({ x, ...rest }) => folded(x, rest), tolerance: 'rounding' },
  [
    { x: normal(2, 6, 5), ...line, lengths: [7] },
    { x: normal(2, 12, 12), ...uneven, lengths: [7, 8], note: 'all options, unequal' },
    { x: normal(1, 2, 3), ...line, kernel: [2], stride: [2], lengths: [7], note: 'a place that no window covers' },
    { x: zeros(2, 5, 5), ...line, lengths: [7], throws: /need \[N, C · 3, 5\]/ },
    { x: zeros(2, 6, 4), ...line, lengths: [7], throws: /need \[N, C · 3, 5\]/ },
  ],
);
