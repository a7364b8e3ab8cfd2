/** A function's value at a point; writes the gradient into `gradient`. */
export type Objective = (point: Float64Array, gradient: Float64Array) => Promise<number>;

/** When `minimize` stops. */
export interface StopRule {
  /** At most so many steps. */
  readonly max_iter: number;
  /** Or when no component of the gradient is larger. */
  readonly tol: number;
}

/**
 * The point where a smooth convex function is least, by L-BFGS with ten pairs and a backtracking line search; changes
 * `point`. Gives the steps taken.
 * Source: Nocedal and Wright, 2006, Numerical Optimization, algorithms 7.4 (two-loop recursion), 7.5 and 3.1.
 */
export async function minimize(point: Float64Array, objective: Objective, { max_iter, tol }: StopRule): Promise<number> {
  const memory = 10;
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  let gradient = new Float64Array(point.length);
  let value = await objective(point, gradient);
  for (let step = 0; step < max_iter; step++) {
    if (largest(gradient) <= tol) return step;
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    const next = new Float64Array(point.length);
    const nextGradient = new Float64Array(point.length);
    // Before there are pairs, the gradient's own length is no measure for the step: start with a step of length 1 at most.
    let size = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let nextValue = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 30; tries++, size /= 2) {
      for (let i = 0; i < next.length; i++) next[i] = point[i]! + size * direction[i]!;
      nextValue = await objective(next, nextGradient);
      if (nextValue <= value + 1e-4 * size * slope) break;
    }
    // No step lowers the value: as near to the minimum as this precision allows.
    if (!(nextValue < value)) return step;
    const s = next.map((x, i) => x - point[i]!);
    const y = nextGradient.map((g, i) => g - gradient[i]!);
    const curvature = dot(s, y);
    if (curvature > 1e-12 * dot(y, y)) {
      pairs.push({ s, y, rho: 1 / curvature });
      if (pairs.length > memory) pairs.shift();
    }
    point.set(next);
    gradient = nextGradient;
    value = nextValue;
  }
  return max_iter;
}

function descent(gradient: Float64Array, pairs: readonly { s: Float64Array; y: Float64Array; rho: number }[]): Float64Array {
  const direction = gradient.map((g) => -g);
  const alphas: number[] = [];
  for (const { s, y, rho } of pairs.toReversed()) {
    const alpha = rho * dot(s, direction);
    alphas.push(alpha);
    addScaled(direction, y, -alpha);
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  for (const { s, y, rho } of pairs) addScaled(direction, s, alphas.pop()! - rho * dot(y, direction));
  return direction;
}

function addScaled(to: Float64Array, what: Float64Array, scale: number): void {
  for (let i = 0; i < to.length; i++) to[i]! += scale * what[i]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function largest(values: Float64Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}
