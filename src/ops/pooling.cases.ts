import { cases } from '../../test/support/cases.ts';
import { at, build, meanOf, type Plain, places, sumOf } from '../../test/support/reference.ts';
import { as, distinct, normal, zeros } from '../../test/support/samples.ts';
import { adaptiveAveragePool, adaptiveMaxPool, averagePool, maxPool, type PoolOptions } from './pooling.ts';

/** PyTorch's number of windows on an axis (aten/src/ATen/native/Pool.h, pooling_output_shape). */
function windows(length: number, i: number, { kernel, stride, padding, ceilMode }: PoolOptions, dilation: number): number {
  const room = length + 2 * padding[i]! - dilation * (kernel[i]! - 1) - 1 + (ceilMode ? stride[i]! - 1 : 0);
  const count = Math.floor(room / stride[i]!) + 1;
  return ceilMode && (count - 1) * stride[i]! >= length + padding[i]! ? count - 1 : count;
}

/** A function of the elements of each window that lie in x, and of the place where the window begins. */
function pooledBy(
  x: Plain,
  options: PoolOptions,
  dilation: readonly number[],
  f: (numbers: readonly number[], start: readonly number[]) => number,
): Plain {
  const lengths = x.shape.slice(2);
  const counts = lengths.map((length, i) => windows(length, i, options, dilation[i]!));
  return build([...x.shape.slice(0, 2), ...counts], ([n, c, ...window]) => {
    const start = window.map((w, i) => w * options.stride[i]! - options.padding[i]!);
    const inside = [...places(options.kernel)]
      .map((tap) => tap.map((k, i) => start[i]! + k * dilation[i]!))
      .filter((from) => from.every((position, i) => position >= 0 && position < lengths[i]!));
    return f(
      inside.map((from) => at(x, [n!, c!, ...from])),
      start,
    );
  });
}

const line = { kernel: [3], stride: [2], padding: [1], ceilMode: false };
const plane = { kernel: [2, 2], stride: [2, 2], padding: [0, 0], ceilMode: false };
const uneven = { kernel: [2, 3], stride: [3, 2], padding: [1, 0], ceilMode: true };

export const maxPoolCases = cases(
  maxPool,
  {
    inputs: ['x'],
    torch: 'F.max_pool1d, F.max_pool2d',
    reference: ({ x, dilation, ...options }) => pooledBy(x, options, dilation, (numbers) => Math.max(...numbers)),
    tolerance: 'exact',
  },
  [
    { x: distinct(2, 2, 7), ...line, dilation: [1] },
    { x: distinct(2, 2, 4, 6), ...plane, dilation: [1, 1] },
    { x: distinct(1, 2, 6, 7), ...uneven, dilation: [1, 1], note: 'all options, unequal' },
    { x: distinct(1, 1, 5), ...line, kernel: [2], padding: [0], ceilMode: true, dilation: [1], note: 'one more window' },
    { x: distinct(1, 1, 4), ...line, kernel: [2], padding: [1], ceilMode: true, dilation: [1], note: 'none more' },
    { x: distinct(1, 1, 9), ...line, kernel: [2], padding: [2], dilation: [3], note: 'padding as long as the kernel' },
    { x: distinct(1, 1, 5, 5), ...plane, kernel: [3, 3], stride: [1, 1], dilation: [1, 2], note: 'windows that overlap' },
    { x: zeros(1, 1, 5), ...line, padding: [2], dilation: [1], throws: /padding may be half of that at most/ },
    { x: zeros(1, 1, 2), ...line, padding: [0], dilation: [1], throws: /reaches over 3 and the padded input has 2/ },
    { x: zeros(3, 5), ...line, dilation: [1], throws: /x is \[3, 5\]; it needs 3 axes/ },
    { x: as('int64', zeros(1, 1, 5)), ...line, dilation: [1], throws: /x is int64; it needs float32/ },
  ],
);

export const averagePoolCases = cases(
  averagePool,
  {
    inputs: ['x'],
    torch: 'F.avg_pool1d, F.avg_pool2d',
    reference: ({ x, countIncludePad, divisor, ...options }) => {
      const ones = options.kernel.map(() => 1);
      return pooledBy(x, options, ones, (numbers, start) => {
        const reached = start.map((from, i) => Math.min(options.kernel[i]!, x.shape[i + 2]! + options.padding[i]! - from));
        const count = divisor ?? (countIncludePad ? reached.reduce((a, b) => a * b) : numbers.length);
        return sumOf(numbers) / count;
      });
    },
    tolerance: 'rounding',
  },
  [
    { x: normal(2, 2, 7), ...line, countIncludePad: true, divisor: null },
    { x: normal(2, 2, 7), ...line, countIncludePad: false, divisor: null, note: 'padding does not count' },
    { x: normal(2, 2, 4, 6), ...plane, countIncludePad: true, divisor: null, note: 'windows side by side' },
    { x: normal(2, 2, 5, 6), ...plane, countIncludePad: true, divisor: 3, note: 'a divisor, and a rest' },
    { x: normal(1, 2, 6, 7), ...uneven, countIncludePad: true, divisor: null, note: 'all options, unequal' },
    { x: normal(1, 2, 6, 8), ...uneven, countIncludePad: false, divisor: null },
    { x: zeros(1, 1, 5), ...line, padding: [2], countIncludePad: true, divisor: null, throws: /padding may be half/ },
    { x: zeros(3, 5), ...line, countIncludePad: true, divisor: null, throws: /it needs 3 axes/ },
  ],
);

/** A function of the elements of each adaptive window. */
const adapted = (x: Plain, lengths: readonly number[], f: (numbers: readonly number[]) => number) =>
  build([...x.shape.slice(0, 2), ...lengths], ([n, c, ...window]) => {
    const bounds = window.map((w, i) => {
      const from = x.shape[i + 2]!;
      return [Math.floor((w * from) / lengths[i]!), Math.ceil(((w + 1) * from) / lengths[i]!)] as const;
    });
    const inside = [...places(bounds.map(([start, end]) => end - start))];
    return f(inside.map((place) => at(x, [n!, c!, ...place.map((k, i) => bounds[i]![0] + k)])));
  });

export const adaptiveAveragePoolCases = cases(
  adaptiveAveragePool,
  {
    inputs: ['x'],
    torch: 'F.adaptive_avg_pool1d, F.adaptive_avg_pool2d',
    reference: ({ x, lengths }) => adapted(x, lengths, meanOf),
    tolerance: 'rounding',
  },
  [
    { x: normal(2, 3, 7), lengths: [1], note: 'all of it' },
    { x: normal(2, 3, 6), lengths: [3], note: 'windows of one length' },
    { x: normal(2, 3, 7, 5), lengths: [3, 5], note: 'windows that overlap' },
    { x: normal(1, 2, 3, 4), lengths: [5, 1], note: 'more than there are' },
    { x: zeros(3, 5), lengths: [2], throws: /it needs 3 axes/ },
  ],
);

export const adaptiveMaxPoolCases = cases(
  adaptiveMaxPool,
  {
    inputs: ['x'],
    torch: 'F.adaptive_max_pool1d, F.adaptive_max_pool2d',
    reference: ({ x, lengths }) => adapted(x, lengths, (numbers) => Math.max(...numbers)),
    tolerance: 'exact',
  },
  [
    { x: distinct(2, 3, 7), lengths: [1], note: 'all of it' },
    { x: distinct(2, 3, 6), lengths: [3], note: 'windows of one length' },
    { x: distinct(2, 2, 7, 5), lengths: [3, 5], note: 'windows that overlap' },
    { x: distinct(1, 2, 3, 4), lengths: [5, 1], note: 'more than there are' },
    { x: zeros(3, 5), lengths: [2], throws: /it needs 3 axes/ },
  ],
);
