import { cases } from '../../test/support/cases.ts';
import {
  everyRank,
  inDouble,
  notDouble,
  notFloat,
  noZero,
  smooth,
  smoothFunction,
} from '../../test/support/pointwise-cases.ts';
import { at, build, erfOf, mapped, type Plain } from '../../test/support/reference.ts';
import { awayFrom, normal, zeros } from '../../test/support/samples.ts';
import {
  celu,
  elu,
  erf,
  gelu,
  geluTanh,
  glu,
  halfPlusHalf,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logsigmoid,
  mish,
  prelu,
  quickGelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
  threshold,
} from './activations.ts';

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const away =
  (...points: number[]) =>
  (...shape: number[]) =>
    awayFrom(points, normal(...shape));
const held = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x));
const eluOf = (x: number, alpha: number) => (x > 0 ? x : alpha * Math.expm1(x));

export const tanhCases = smooth(tanh, 'torch.tanh', Math.tanh);
export const sigmoidCases = smooth(sigmoid, 'torch.sigmoid', logistic);
export const erfCases = smooth(erf, 'torch.erf', erfOf, normal, [notDouble]);
export const reluCases = smooth(relu, 'F.relu', (x) => Math.max(0, x), noZero);
export const geluCases = smooth(gelu, 'F.gelu', (x) => (x / 2) * (1 + erfOf(x / Math.SQRT2)), normal, [notDouble]);
export const geluTanhCases = smooth(
  geluTanh,
  "F.gelu(approximate='tanh')",
  (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
);
export const siluCases = smooth(silu, 'F.silu', (x) => x * logistic(x));
export const quickGeluCases = smooth(quickGelu, '—', (x) => x * logistic(1.702 * x));
export const halfPlusHalfCases = smooth(halfPlusHalf, '—', (x) => held(0.5 + 0.5 * x, 0, 1), away(-1, 1));
export const hardsigmoidCases = smooth(hardsigmoid, 'F.hardsigmoid', (x) => held(0.5 + x / 6, 0, 1), away(-3, 3));
export const hardswishCases = smoothFunction(hardswish, 'F.hardswish', (x) => x * held(0.5 + x / 6, 0, 1), away(-3, 3));
export const relu6Cases = smoothFunction(relu6, 'F.relu6', (x) => held(x, 0, 6), away(0, 6));
export const seluCases = smoothFunction(selu, 'F.selu', (x) => 1.0507009873554805 * eluOf(x, 1.6732632423543772), noZero);
export const logsigmoidCases = smoothFunction(logsigmoid, 'F.logsigmoid', (x) => -Math.log1p(Math.exp(-x)));
export const softsignCases = smooth(softsign, 'F.softsign', (x) => x / (1 + Math.abs(x)), noZero);
export const mishCases = smoothFunction(mish, 'F.mish', (x) => x * Math.tanh(Math.log1p(Math.exp(x))));
export const tanhshrinkCases = smoothFunction(tanhshrink, 'F.tanhshrink', (x) => x - Math.tanh(x));

/** Attributes at every rank, and once in float64. */
const withAttributes = <A extends object>(make: typeof normal, attributes: A) => [
  ...[...everyRank(make), inDouble(make), notFloat].map((each) => ({ ...each, ...attributes })),
];

export const hardtanhCases = cases(
  hardtanh,
  { torch: 'F.hardtanh', reference: ({ x, min, max }) => mapped((number) => held(number, min, max), x), tolerance: 'exact' },
  withAttributes(away(-0.5, 0.75), { min: -0.5, max: 0.75 }).map((each) => ({ ...each, tolerance: 'exact' as const })),
);

export const leakyReluCases = cases(
  leakyRelu,
  {
    torch: 'F.leaky_relu',
    reference: ({ x, negativeSlope }) => mapped((number) => (number > 0 ? number : negativeSlope * number), x),
    tolerance: 'rounding',
  },
  withAttributes(noZero, { negativeSlope: 0.1 }),
);

export const eluCases = cases(
  elu,
  { torch: 'F.elu', reference: ({ x, alpha }) => mapped((number) => eluOf(number, alpha), x), tolerance: 'rounding' },
  withAttributes(noZero, { alpha: 0.7 }),
);

export const celuCases = cases(
  celu,
  {
    inputs: ['x'],
    torch: 'F.celu',
    reference: ({ x, alpha }: { x: Plain; alpha: number }) => mapped((number) => alpha * eluOf(number / alpha, 1), x),
    tolerance: 'rounding',
  },
  withAttributes(noZero, { alpha: 0.7 }),
);

export const preluCases = cases(
  prelu,
  {
    inputs: ['x', 'weight'],
    torch: 'F.prelu',
    reference: ({ x, weight }) =>
      build(x.shape, (place) => {
        const number = at(x, place);
        return number > 0 ? number : number * at(weight, [weight.shape[0] === 1 ? 0 : place[1]!]);
      }),
    tolerance: 'rounding',
  },
  [
    { x: noZero(2, 3), weight: normal(1) },
    { x: noZero(2, 3), weight: normal(3) },
    { x: noZero(2, 3, 2, 2), weight: normal(3), note: 'images' },
    { x: noZero(4), weight: normal(1), note: 'one axis' },
    { x: zeros(2, 3), weight: zeros(2), throws: /x is \[2, 3\] and weight is \[2\]; weight must be \[1\] or \[3\]/ },
    { x: zeros(4), weight: zeros(4), throws: /weight must be \[1\]\./ },
  ],
);

const softplusOf = ({ x, beta = 1, threshold: limit = 20 }: { x: Plain; beta?: number; threshold?: number | null }) =>
  mapped(
    (number) => (beta * number > (limit ?? Number.POSITIVE_INFINITY) ? number : Math.log1p(Math.exp(beta * number)) / beta),
    x,
  );

export const softplusCases = cases(
  softplus,
  { inputs: ['x'], torch: 'F.softplus', reference: softplusOf, tolerance: 'rounding' },
  [
    ...withAttributes(normal, {}),
    { x: normal(2, 3), beta: 2 },
    { x: awayFrom([0.25], normal(2, 5)), beta: 2, threshold: 0.5, note: 'linear above the threshold' },
  ],
);

export const softshrinkCases = cases(
  softshrink,
  {
    inputs: ['x'],
    torch: 'F.softshrink',
    reference: ({ x, lambda }: { x: Plain; lambda: number }) => mapped((number) => number - held(number, -lambda, lambda), x),
    tolerance: 'rounding',
  },
  withAttributes(away(-0.5, 0.5), { lambda: 0.5 }).filter((each) => !('throws' in each)),
);

export const hardshrinkCases = cases(
  hardshrink,
  {
    inputs: ['x'],
    torch: 'F.hardshrink',
    reference: ({ x, lambda }: { x: Plain; lambda: number }) => mapped((number) => (Math.abs(number) > lambda ? number : 0), x),
    tolerance: 'exact',
  },
  withAttributes(away(-0.5, 0.5), { lambda: 0.5 }).filter((each) => !('throws' in each)),
);

export const thresholdCases = cases(
  threshold,
  {
    inputs: ['x'],
    torch: 'F.threshold',
    reference: ({ x, threshold: limit, value }: { x: Plain; threshold: number; value: number }) =>
      mapped((number) => (number > limit ? number : value), x),
    tolerance: 'exact',
  },
  withAttributes(away(0.5), { threshold: 0.5, value: -2 }).filter((each) => !('throws' in each)),
);

export const gluCases = cases(
  glu,
  {
    inputs: ['x'],
    torch: 'F.glu',
    reference: ({ x, axis }: { x: Plain; axis: number }) => {
      const along = axis < 0 ? axis + x.shape.length : axis;
      const half = x.shape[along]! / 2;
      return build(x.shape.with(along, half), (place) => {
        const second = at(x, place.with(along, place[along]! + half));
        return at({ ...x }, place) * logistic(second);
      });
    },
    tolerance: 'rounding',
  },
  [
    { x: normal(6), axis: 0 },
    { x: normal(2, 4), axis: -1 },
    { x: normal(2, 4, 3), axis: 1 },
    { x: zeros(2, 3), axis: 1, throws: /axis 1 has length 3 and must be even/ },
    { x: zeros(2, 3), axis: 2, throws: /there is no axis 2/ },
  ],
);
