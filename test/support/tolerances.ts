/**
 * How far a result may be from its reference, relative to the scale of the result (its largest element).
 * `exact`: not at all, for what only moves or picks numbers. `rounding`: a few roundings in float32.
 * `accumulated`: sums of many terms, and gradients of gradients. `half`: 16-bit arithmetic. `double`: a few roundings in float64.
 */
export const tolerances = { exact: 0, rounding: 1e-5, accumulated: 1e-4, half: 1e-2, double: 1e-13 } as const;

/** The name of a tolerance. */
export type Tolerance = keyof typeof tolerances;

/** The largest magnitude of some numbers; 0 for none. */
export function scaleOf(numbers: Iterable<number>): number {
  let largest = 0;
  for (const number of numbers) if (Number.isFinite(number)) largest = Math.max(largest, Math.abs(number));
  return largest;
}

/** What is wrong with `got`, or null when every element is within `tolerance` of `want`, measured by the scale of `want`. */
export function difference(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  tolerance: Tolerance | number,
  scale = scaleOf(Array.from(want)),
): string | null {
  if (got.length !== want.length) return `${got.length} elements came and ${want.length} were expected`;
  const allowed = (typeof tolerance === 'number' ? tolerance : tolerances[tolerance]) * scale;
  let worst = -1;
  let distance = allowed;
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue;
    const d = Math.abs(got[i]! - want[i]!);
    // Written so that NaN counts as far away.
    if (!(d <= distance)) [worst, distance] = [i, Number.isNaN(d) ? Number.POSITIVE_INFINITY : d];
  }
  if (worst < 0) return null;
  return `element ${worst} is ${got[worst]}, expected ${want[worst]} (scale ${scale}, ${distance / scale} of it away; allowed ${tolerance})`;
}
