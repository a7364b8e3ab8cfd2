import { cases } from '../../test/support/cases.ts';
import { at, build, type Plain, places } from '../../test/support/reference.ts';
import { as, normal, zeros } from '../../test/support/samples.ts';
import { convolution, convolutionTransposed, convolutionWeight, type Sliding } from './convolution.ts';

/** Every product that a convolution adds up: the places in x, in the weight and in the output. */
function* products(x: readonly number[], weight: readonly number[], y: readonly number[], sliding: Sliding) {
  const { stride, padding, dilation, groups } = sliding;
  const filtersOfGroup = weight[0]! / groups;
  for (const to of places(y)) {
    for (const [inGroup, ...tap] of places(weight.slice(1))) {
      const channel = Math.floor(to[1]! / filtersOfGroup) * weight[1]! + inGroup!;
      const from = tap.map((k, i) => to[i + 2]! * stride[i]! - padding[i]! + k * dilation[i]!);
      if (from.every((position, i) => position >= 0 && position < x[i + 2]!))
        yield { x: [to[0]!, channel, ...from], weight: [to[1]!, inGroup!, ...tap], y: to };
    }
  }
}

const index = (shape: readonly number[], place: readonly number[]) =>
  place.reduce((sum, position, axis) => sum * shape[axis]! + position, 0);

const span = (k: number, d: number) => d * (k - 1) + 1;

function convolved(x: Plain, weight: Plain, bias: Plain | null, sliding: Sliding): Plain {
  const { stride, padding, dilation } = sliding;
  const lengths = stride.map((step, i) => {
    const padded = x.shape[i + 2]! + padding[i]! + padding[stride.length + i]!;
    return Math.floor((padded - span(weight.shape[i + 2]!, dilation[i]!)) / step) + 1;
  });
  const y = build([x.shape[0]!, weight.shape[0]!, ...lengths], ([, o]) => (bias ? bias.data[o!]! : 0));
  const data = [...y.data];
  for (const each of products(x.shape, weight.shape, y.shape, sliding))
    data[index(y.shape, each.y)]! += at(x, each.x) * at(weight, each.weight);
  return { shape: y.shape, data };
}

function spread(g: Plain, weight: Plain, bias: Plain | null, extra: readonly number[], sliding: Sliding): Plain {
  const { stride, padding, dilation, groups } = sliding;
  const rank = stride.length;
  const lengths = stride.map(
    (step, i) =>
      (g.shape[i + 2]! - 1) * step - padding[i]! - padding[rank + i]! + span(weight.shape[i + 2]!, dilation[i]!) + extra[i]!,
  );
  const y = build([g.shape[0]!, weight.shape[1]! * groups, ...lengths], ([, o]) => (bias ? bias.data[o!]! : 0));
  const data = [...y.data];
  for (const each of products(y.shape, weight.shape, g.shape, sliding))
    data[index(y.shape, each.x)]! += at(g, each.y) * at(weight, each.weight);
  return { shape: y.shape, data };
}

function weighed(x: Plain, g: Plain, kernel: readonly number[], sliding: Sliding): Plain {
  const shape = [g.shape[1]!, x.shape[1]! / sliding.groups, ...kernel];
  const data = build(shape, () => 0).data.slice();
  for (const each of products(x.shape, shape, g.shape, sliding))
    data[index(shape, each.weight)]! += at(x, each.x) * at(g, each.y);
  return { shape, data };
}

const line = { stride: [1], padding: [0, 0], dilation: [1], groups: 1 };
const plane = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };
const uneven = { stride: [2, 3], padding: [1, 0, 1, 2], dilation: [2, 1], groups: 1 };

export const convolutionCases = cases(
  convolution,
  {
    torch: 'F.conv1d, F.conv2d',
    reference: ({ x, weight, bias, ...sliding }) => convolved(x, weight, bias, sliding),
    tolerance: 'rounding',
  },
  [
    { x: normal(2, 3, 7), weight: normal(4, 3, 3), bias: normal(4), ...line },
    { x: normal(1, 2, 8), weight: normal(3, 2, 2), bias: null, ...line, stride: [3], note: 'a stride that leaves a rest' },
    { x: normal(2, 3, 5, 6), weight: normal(2, 3, 3, 2), bias: normal(2), ...plane },
    { x: normal(2, 2, 7, 8), weight: normal(3, 2, 2, 3), bias: null, ...uneven, note: 'all options, unequal' },
    { x: normal(2, 4, 5, 5), weight: normal(6, 2, 3, 3), bias: normal(6), ...plane, groups: 2, note: 'groups' },
    { x: normal(2, 3, 4, 4), weight: normal(3, 1, 3, 3), bias: null, ...plane, groups: 3, note: 'one kernel a channel' },
    { x: normal(2, 3, 3, 2), weight: normal(4, 3, 1, 1), bias: normal(4), ...plane, note: 'a kernel of one element' },
    { x: zeros(2, 3, 7), weight: zeros(4, 2, 3), bias: null, ...line, throws: /x needs 2 channels/ },
    { x: zeros(2, 3, 2), weight: zeros(4, 3, 3), bias: null, ...line, throws: /reaches over 3 and the padded input has 2/ },
    { x: zeros(3, 7), weight: zeros(4, 3, 3), bias: null, ...line, throws: /x is \[3, 7\]; it needs 3 axes/ },
    { x: zeros(2, 3, 7), weight: zeros(4, 3), bias: null, ...line, throws: /both need 3 axes/ },
    { x: zeros(2, 3, 7), weight: zeros(4, 3, 3), bias: zeros(3), ...line, throws: /bias is \[3\]; it must be \[4\]/ },
    { x: zeros(2, 3, 7), weight: as('float64', zeros(4, 3, 3)), bias: null, ...line, throws: /all need float32/ },
    { x: as('float64', zeros(2, 3, 7)), weight: zeros(4, 3, 3), bias: null, ...line, throws: /x is float64; it needs float32/ },
  ],
);

export const convolutionTransposedCases = cases(
  convolutionTransposed,
  {
    torch: 'F.conv_transpose1d, F.conv_transpose2d',
    reference: ({ x, weight, bias, extra, ...sliding }) => spread(x, weight, bias, extra, sliding),
    tolerance: 'rounding',
  },
  [
    { x: normal(2, 3, 4), weight: normal(3, 2, 3), bias: normal(2), ...line, extra: [0] },
    { x: normal(1, 3, 4), weight: normal(3, 2, 3), bias: null, ...line, stride: [3], extra: [2], note: 'more at the end' },
    { x: normal(2, 3, 3, 3), weight: normal(3, 2, 2, 3), bias: null, ...uneven, extra: [1, 2], note: 'all options, unequal' },
    { x: normal(2, 4, 3, 3), weight: normal(4, 3, 2, 2), bias: normal(6), ...plane, groups: 2, extra: [0, 0], note: 'groups' },
    { x: zeros(1, 2, 4), weight: zeros(2, 3, 2), bias: null, ...line, extra: [1], throws: /each must be less than its stride/ },
    {
      x: normal(1, 2, 6),
      weight: normal(2, 3, 2),
      bias: null,
      ...line,
      padding: [2, 1],
      extra: [0],
      note: 'cut on both sides',
    },
    { x: normal(1, 2, 4), weight: normal(2, 3, 3), bias: null, ...line, padding: [1, 1], dilation: [2], extra: [0] },
    { x: zeros(2, 3, 4), weight: zeros(2, 2, 3), bias: null, ...line, extra: [0], throws: /x needs 2 channels/ },
    {
      x: zeros(2, 3, 1),
      weight: zeros(3, 2, 1),
      bias: null,
      ...line,
      padding: [1, 0],
      extra: [0],
      throws: /the padding \[1, 0\] leaves nothing/,
    },
  ],
);

export const convolutionWeightCases = cases(
  convolutionWeight,
  {
    torch: '—',
    reference: ({ x, g, kernel, ...sliding }) => weighed(x, g, kernel, sliding),
    tolerance: 'rounding',
  },
  [
    { x: normal(2, 3, 7), g: normal(2, 4, 5), kernel: [3], ...line },
    { x: normal(2, 2, 8), g: normal(2, 3, 3), kernel: [2], ...line, stride: [3], note: 'a stride that leaves a rest' },
    { x: normal(2, 4, 4, 5), g: normal(2, 6, 3, 3), kernel: [2, 3], ...plane, groups: 2, note: 'groups' },
    { x: normal(2, 3, 4), g: normal(2, 2, 4), kernel: [1], ...line, note: 'a kernel of one element' },
    { x: normal(2, 3, 5), g: normal(2, 2, 3), kernel: [1], ...line, stride: [2], note: 'a kernel of one element that skips' },
    { x: zeros(2, 3, 7), g: zeros(2, 4, 4), kernel: [3], ...line, throws: /g must be \[2, 4, 5\]/ },
    { x: zeros(2, 3), g: zeros(2, 4), kernel: [3], ...line, throws: /x is \[2, 3\]; it needs 3 axes/ },
    { x: as('float64', zeros(2, 3, 7)), g: zeros(2, 4, 5), kernel: [3], ...line, throws: /x is float64; it needs float32/ },
  ],
);
