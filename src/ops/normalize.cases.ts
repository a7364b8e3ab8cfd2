import { cases } from '../../test/support/cases.ts';
import { alongAxis, at, build, mapped, meanOf, type Plain, places, softmaxOf } from '../../test/support/reference.ts';
import { as, exactly, normal, positive, zeros } from '../../test/support/samples.ts';
import { channelNorm, layerNorm, logSoftmax, normalizeBy, rmsNorm, softmax } from './normalize.ts';

const axes = [
  { x: normal(5), axis: 0 },
  { x: normal(2, 5), axis: 1 },
  { x: normal(2, 5), axis: 0, note: 'not the last axis' },
  { x: normal(2, 1, 5), axis: 1, note: 'an axis of length 1' },
  { x: normal(2, 3, 4, 2), axis: 2 },
  { x: exactly([1000, 1001, 999, -1000, -999, -1001], [2, 3]), axis: 1, note: 'large numbers do not overflow' },
  { x: exactly([-1e4, 1, 2, 3, -1e4, 4], [2, 3]), axis: 1, note: 'masked by a large negative number' },
  { x: zeros(2, 3), axis: 2, throws: /there is no axis 2 in a tensor of 2 axes/ },
  { x: zeros(), axis: 0, throws: /a scalar has no axes/ },
  { x: as('int64', zeros(3)), axis: 0, throws: /x is int64; it needs a floating-point type/ },
];

export const softmaxCases = cases(
  softmax,
  { torch: 'torch.softmax', reference: ({ x, axis }) => alongAxis(x, axis, softmaxOf), tolerance: 'rounding' },
  axes,
);

export const logSoftmaxCases = cases(
  logSoftmax,
  {
    torch: 'torch.log_softmax',
    reference: ({ x, axis }) =>
      alongAxis(x, axis, (row) => {
        const largest = Math.max(...row);
        const total = Math.log(row.reduce((sum, number) => sum + Math.exp(number - largest), 0));
        return row.map((number) => number - largest - total);
      }),
    tolerance: 'rounding',
  },
  axes,
);

const normalized = ({ x, weight, bias, eps }: { x: Plain; weight: Plain; bias: Plain | null; eps: number }) => {
  const rows = alongAxis(x, x.shape.length - 1, (row) => {
    const center = meanOf(row);
    const variance = meanOf(row.map((number) => (number - center) ** 2));
    return row.map((number) => (number - center) / Math.sqrt(variance + eps));
  });
  const scaled = mapped((a, b) => a * b, rows, weight);
  return bias ? mapped((a, b) => a + b, scaled, bias) : scaled;
};

export const layerNormCases = cases(
  layerNorm,
  { torch: 'F.layer_norm', inputs: ['x', 'weight', 'bias?'], reference: normalized, tolerance: 'rounding' },
  [
    { x: normal(5), weight: positive(5), bias: normal(5), eps: 1e-5 },
    { x: normal(2, 6), weight: normal(6), bias: normal(6), eps: 1e-12 },
    { x: normal(2, 6), weight: normal(6), eps: 1e-5, note: 'without a bias' },
    { x: normal(2, 3, 4), weight: normal(4), bias: normal(4), eps: 0.1, note: 'a large eps' },
    { x: normal(2, 1, 2, 8), weight: normal(8), bias: normal(8), eps: 1e-5 },
    { x: normal(3, 1), weight: normal(1), bias: normal(1), eps: 1e-2, note: 'one element: its variance is 0' },
    { x: zeros(2, 3), weight: zeros(4), eps: 1e-5, throws: /x is \[2, 3\] and weight is \[4\]; weight must be \[3\]/ },
    { x: zeros(2, 3), weight: zeros(3), bias: zeros(2), eps: 1e-5, throws: /bias is \[2\]; bias must be \[3\]/ },
    { x: zeros(2, 3), weight: zeros(1, 3), eps: 1e-5, throws: /weight must be \[3\]/ },
    { x: zeros(), weight: zeros(), eps: 1e-5, throws: /layerNorm: .*a scalar has no axes/ },
    { x: as('int64', zeros(3)), weight: zeros(3), eps: 1e-5, throws: /x is int64; it needs a floating-point type/ },
    {
      x: zeros(3),
      weight: as('float64', zeros(3)),
      eps: 1e-5,
      throws: /x is float32 and weight is float64; both need one element type/,
    },
  ],
);

export const rmsNormCases = cases(
  rmsNorm,
  {
    torch: 'F.rms_norm',
    inputs: ['x', 'weight'],
    reference: ({ x, weight, eps }) => {
      const rows = alongAxis(x, x.shape.length - 1, (row) => {
        const root = Math.sqrt(meanOf(row.map((number) => number * number)) + eps);
        return row.map((number) => number / root);
      });
      return mapped((a, b) => a * b, rows, weight);
    },
    tolerance: 'rounding',
  },
  [
    { x: normal(5), weight: positive(5), eps: 1e-5 },
    { x: normal(2, 3, 4), weight: normal(4), eps: 0.1, note: 'a large eps' },
    { x: positive(3, 1), weight: normal(1), eps: 1e-6, note: 'one element' },
    { x: as('float64', normal(2, 6)), weight: as('float64', normal(6)), eps: 1e-5, note: 'float64' },
    { x: zeros(2, 3), weight: zeros(4), eps: 1e-5, throws: /weight must be \[3\]/ },
    { x: zeros(), weight: zeros(), eps: 1e-5, throws: /rmsNorm: .*a scalar has no axes/ },
  ],
);

/** Channel by channel: what is normalized by the mean and variance that `of` gives, scaled and shifted. */
function standardized(
  x: Plain,
  [weight, bias]: readonly (Plain | null)[],
  eps: number,
  of: (place: readonly number[]) => readonly [center: number, variance: number],
): Plain {
  return build(x.shape, (place) => {
    const [center, variance] = of(place);
    const [scale, shift] = [weight?.data[place[1]!] ?? 1, bias?.data[place[1]!] ?? 0];
    return ((at(x, place) - center) / Math.sqrt(variance + eps)) * scale + shift;
  });
}

function channelNormed({
  x,
  weight,
  bias,
  over,
  eps,
}: {
  x: Plain;
  weight: Plain | null;
  bias: Plain | null;
  over: 'batch' | number;
  eps: number;
}): Plain[] {
  const [batch, channels] = x.shape as [number, number];
  const shape = over === 'batch' ? [1, channels] : [batch, over];
  const groupOf = ([n, c]: readonly number[]) => (over === 'batch' ? [0, c!] : [n!, Math.floor((c! * over) / channels)]);
  const members = new Map<string, number[]>();
  for (const place of places(x.shape)) {
    const key = groupOf(place).join();
    members.set(key, [...(members.get(key) ?? []), at(x, place)]);
  }
  const statistic = (f: (numbers: readonly number[]) => number) => build(shape, (place) => f(members.get(place.join())!));
  const center = statistic(meanOf);
  const variance = statistic((numbers) => meanOf(numbers.map((number) => (number - meanOf(numbers)) ** 2)));
  const y = standardized(x, [weight, bias], eps, (place) => [at(center, groupOf(place)), at(variance, groupOf(place))]);
  return [y, center, variance];
}

export const channelNormCases = cases(
  channelNorm,
  {
    torch: 'F.batch_norm, F.group_norm, F.instance_norm',
    inputs: ['x', 'weight?', 'bias?'],
    reference: channelNormed,
    tolerance: 'rounding',
  },
  [
    { x: normal(4, 3), weight: normal(3), bias: normal(3), over: 'batch', eps: 1e-3, note: 'no places' },
    { x: normal(3, 2, 5), weight: normal(2), bias: normal(2), over: 'batch', eps: 1e-5 },
    { x: normal(2, 3, 2, 3), over: 'batch', eps: 0.1, note: 'neither scaled nor shifted' },
    { x: normal(2, 4, 3), weight: normal(4), bias: normal(4), over: 2, eps: 1e-5, note: 'two groups' },
    { x: normal(2, 3, 2, 3), weight: normal(3), over: 1, eps: 1e-5, note: 'one group' },
    { x: normal(2, 3, 5), weight: normal(3), bias: normal(3), over: 3, eps: 1e-5, note: 'a group for each channel' },
    { x: zeros(2, 4, 3), over: 3, eps: 1e-5, throws: /its 4 channels do not fall into 3 groups/ },
    { x: zeros(2, 4, 3), weight: zeros(3), over: 2, eps: 1e-5, throws: /weight must be \[4\]/ },
    { x: zeros(4), over: 'batch', eps: 1e-5, throws: /batchNorm: x is \[4\]; it needs at least \[N, C\]/ },
    { x: as('int64', zeros(2, 3)), over: 'batch', eps: 1e-5, throws: /x is int64/ },
  ],
);

export const normalizeByCases = cases(
  normalizeBy,
  {
    torch: 'F.batch_norm',
    inputs: ['x', 'mean', 'variance', 'weight?', 'bias?'],
    reference: ({ x, mean, variance, weight, bias, eps }) =>
      standardized(x, [weight, bias], eps, ([, c]) => [mean.data[c!]!, variance.data[c!]!]),
    tolerance: 'rounding',
  },
  [
    { x: normal(4, 3), mean: normal(3), variance: positive(3), weight: normal(3), bias: normal(3), eps: 1e-5 },
    { x: normal(2, 3, 2, 3), mean: normal(3), variance: positive(3), eps: 0.1, note: 'neither scaled nor shifted' },
    { x: zeros(2, 3), mean: zeros(2), variance: zeros(3), eps: 1e-5, throws: /mean must be \[3\]/ },
  ],
);
