import { notDouble, smooth, smoothFunction } from '../../test/support/pointwise-cases.ts';
import { normal, positive, type Sample } from '../../test/support/samples.ts';
import {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  cos,
  cosh,
  exp2,
  expm1,
  log1p,
  log2,
  log10,
  sin,
  sinh,
  tan,
} from './transcendental.ts';

const scaled = (sample: Sample, f: (x: number) => number): Sample => ({
  ...sample,
  draw: (key) => sample.draw(key).map((x) => Math.fround(f(x))),
});
/** Numbers from −0.8 to 0.8, away from the ends at which inverse functions have no slope. */
const withinOne = (...shape: number[]) => scaled(normal(...shape), (x) => 0.8 * Math.tanh(x));
const aboveOne = (...shape: number[]) => scaled(positive(...shape), (x) => x + 1);
/** So near 0 that 1 + x has lost all but a few digits of x. */
const tiny = { x: scaled(normal(8), (x) => x * 1e-5), note: 'near 0', tolerance: 'rounding' as const };

export const exp2Cases = smooth(exp2, 'torch.exp2', (x) => 2 ** x);
export const expm1Cases = smooth(expm1, 'torch.expm1', Math.expm1, normal, [tiny]);
export const log2Cases = smoothFunction(log2, 'torch.log2', Math.log2, positive);
export const log10Cases = smoothFunction(log10, 'torch.log10', Math.log10, positive);
export const log1pCases = smooth(log1p, 'torch.log1p', Math.log1p, positive, [
  tiny,
  { x: withinOne(20), note: 'on both sides of 0' },
]);
export const sinCases = smooth(sin, 'torch.sin', Math.sin);
export const cosCases = smooth(cos, 'torch.cos', Math.cos);
export const tanCases = smooth(tan, 'torch.tan', Math.tan, withinOne);
export const asinCases = smooth(asin, 'torch.asin', Math.asin, withinOne, [notDouble]);
export const acosCases = smooth(acos, 'torch.acos', Math.acos, withinOne, [notDouble]);
export const atanCases = smooth(atan, 'torch.atan', Math.atan, normal, [notDouble]);
export const sinhCases = smooth(sinh, 'torch.sinh', Math.sinh);
export const coshCases = smooth(cosh, 'torch.cosh', Math.cosh);
export const asinhCases = smooth(asinh, 'torch.asinh', Math.asinh);
export const acoshCases = smooth(acosh, 'torch.acosh', Math.acosh, aboveOne);
export const atanhCases = smooth(atanh, 'torch.atanh', Math.atanh, withinOne);
