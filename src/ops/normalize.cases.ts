import { cases } from '../../test/support/cases.ts';
import { alongAxis, mapped, meanOf, type Plain, softmaxOf } from '../../test/support/reference.ts';
import { as, exactly, normal, positive, zeros } from '../../test/support/samples.ts';
import { layerNorm, logSoftmax, softmax } from './normalize.ts';

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
