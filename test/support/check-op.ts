import { expect } from 'vitest';
import { gradients } from '../../src/autodiff/index.ts';
import { isFloat, randomNormal, seedKey, sizeOf } from '../../src/core/index.ts';
import type { Value } from '../../src/graph/index.ts';
import { data, type HostSource } from '../../src/ops/index.ts';
import type { Runtime } from '../../src/runtime/index.ts';
import type { OpCase, OpCases } from './cases.ts';
import type { Plain } from './reference.ts';
import { runGraph, typed } from './run-graph.ts';
import { keyFor } from './samples.ts';
import { difference, scaleOf, type Tolerance, tolerances } from './tolerances.ts';

/** Steps of the central differences, in float64: the error of the formula is about the step squared, that of rounding far below. */
const firstStep = 1e-4;
const secondStep = 5e-4;

/** An array as a leaf of a graph. */
export function leaf({ shape, data: numbers }: Plain, dtype: Value['dtype'] = 'float32'): Value {
  return data({ shape, dtype }, { kind: 'host', data: typed(dtype, numbers) } as HostSource);
}

/** Standard normal numbers of a shape, under a key named by the arguments. */
export function direction(shape: readonly number[], ...names: readonly (string | number)[]): Plain {
  return { shape, data: Array.from(randomNormal(keyFor(seedKey(7), ...names), sizeOf(shape))) };
}

/** x + step · d, or x where there is no d. */
function moved(x: Plain | null, step: number, d: Plain | null | undefined): Plain | null {
  return x && d ? { shape: x.shape, data: x.data.map((number, i) => number + step * d.data[i]!) } : x;
}

function inner(a: Plain, b: Plain): number {
  return a.data.reduce((total, number, i) => total + number * b.data[i]!, 0);
}

/** The terms of an inner product, of which the absolute sum is the scale that rounding in it is measured by. */
function innerScale(a: Plain, b: Plain): number {
  return a.data.reduce((total, number, i) => total + Math.abs(number * b.data[i]!), 0);
}

/**
 * Runs one case on a runtime: types as inferred, result as the reference's, gradients as its differences.
 *
 * First order: for each input x and a random direction d, ⟨vjp(w), d⟩ = d/dε ⟨w, f(x + εd)⟩.
 * Second order: with s(x, w) = Σ ⟨vjp(w), u⟩ over the inputs and random u, the gradient of s along d is the mixed second
 * difference of ⟨w, f⟩ along u and d, and along a change e of w it is d/dε ⟨e, f(x + εu)⟩.
 * All differences are of the float64 reference, so they are good to 1e-6 and what is left is the runtime's own rounding.
 */
export async function checkCase(runtime: Runtime, op: OpCases, opCase: OpCase): Promise<void> {
  const inputs = opCase.inputs();
  const contents = inputs.map(({ content }) => content);
  const values = inputs.map(({ content, sample }) => content && leaf(content, sample!.dtype));
  const ys = op.apply(values, opCase.attributes);
  const want = op.reference(contents, opCase.attributes);

  const graded = ys.flatMap((y, i) => (isFloat(y.dtype) ? [i] : []));
  const ws = graded.map((i) => direction(ys[i]!.shape, op.name, 'w', i));
  const wLeaves = ws.map((w, k) => leaf(w, ys[graded[k]!]!.dtype));
  const xs = values.flatMap((value, i) => (value && isFloat(value.dtype) ? [i] : []));
  const xLeaves = xs.map((i) => values[i]!);
  const us = xs.map((i) => direction(contents[i]!.shape, op.name, 'u', i));
  const first = gradients(
    graded.map((i) => ys[i]!),
    wLeaves,
    xLeaves,
  );
  const found = first.flatMap((g, i) => (g ? [{ g, u: leaf(us[i]!, g.dtype) }] : []));
  const again = () =>
    gradients(
      found.map(({ g }) => g),
      found.map(({ u }) => u),
      [...xLeaves, ...wLeaves],
    );
  const isOnce = op.differentiable === 'once';
  if (isOnce) expect(again, 'differentiated again').toThrow(/^grad: \w+ has no gradient/);
  const second = isOnce ? [] : again();

  const asked = [...ys, ...[...first, ...second].filter((value) => value !== null)];
  const computed = await runGraph(runtime, asked);
  const results = new Map(asked.map((value, i) => [value, computed[i]!]));
  const tolerance = opCase.tolerance ?? op.tolerance;

  ys.forEach((y, i) => {
    const got = results.get(y)!;
    expect({ reference: want[i]!.shape, runtime: got.shape }, 'shape').toEqual({ reference: y.shape, runtime: y.shape });
    expect(difference(got.data, want[i]!.data, tolerance), 'result').toBeNull();
  });

  /** Σ ⟨v, f⟩ of the reference with each x moved along directions. */
  const f = (vs: readonly Plain[], ...moves: readonly (readonly [number, ReadonlyMap<number, Plain>])[]): number => {
    const places = contents.map((x, i) => moves.reduce((now, [step, along]) => moved(now, step, along.get(i)), x));
    const outputs = op.differentiated(places, opCase.attributes);
    return vs.reduce((total, v, i) => total + inner(v, outputs[graded[i]!]!), 0);
  };
  const zero = (x: Value): Plain => ({ shape: x.shape, data: new Array<number>(sizeOf(x.shape)).fill(0) });
  const resultOf = (g: Value | null | undefined, x: Value): Plain => (g ? results.get(g)! : zero(x));
  const everyU = new Map(xs.map((at, i) => [at, us[i]!]));

  xs.forEach((place, i) => {
    const name = `${inputs[place]!.name}${inputs.filter((other) => other.name === inputs[place]!.name).length > 1 ? place : ''}`;
    const d = direction(contents[place]!.shape, op.name, 'd', place);
    const along = new Map([[place, d]]);
    const quotient = (f(ws, [firstStep, along]) - f(ws, [-firstStep, along])) / (2 * firstStep);
    const g = resultOf(first[i], xLeaves[i]!);
    if (first[i]) expect(g.shape, `shape of the gradient of ${name}`).toEqual(contents[place]!.shape);
    closeDerivative(inner(g, d), quotient, innerScale(g, d), 'rounding', `gradient of ${name}`);

    if (isOnce) return;
    const mixed =
      (f(ws, [secondStep, everyU], [secondStep, along]) -
        f(ws, [secondStep, everyU], [-secondStep, along]) -
        f(ws, [-secondStep, everyU], [secondStep, along]) +
        f(ws, [-secondStep, everyU], [-secondStep, along])) /
      (4 * secondStep ** 2);
    const gg = resultOf(second[i], xLeaves[i]!);
    closeDerivative(inner(gg, d), mixed, innerScale(gg, d), 'accumulated', `second gradient of ${name}`);
  });
  if (isOnce) return;
  graded.forEach((place, i) => {
    const e = direction(ys[place]!.shape, op.name, 'e', place);
    const only = ws.map((_, k) => (k === i ? e : zero(wLeaves[k]!)));
    const quotient = (f(only, [firstStep, everyU]) - f(only, [-firstStep, everyU])) / (2 * firstStep);
    const gg = resultOf(second[xs.length + i], wLeaves[i]!);
    closeDerivative(inner(gg, e), quotient, innerScale(gg, e), 'accumulated', `second gradient along the output's gradient`);
  });
}

/** Inputs and directions are of order 1, so a derivative smaller than that is measured by 1. */
function closeDerivative(got: number, want: number, scale: number, tolerance: Tolerance, what: string): void {
  const allowed = tolerances[tolerance] * Math.max(1, scale, scaleOf([want]));
  if (!(Math.abs(got - want) <= allowed)) {
    expect.fail(
      `${what}: ${got} came and the difference quotient is ${want}; ${Math.abs(got - want)} apart, allowed ${allowed}`,
    );
  }
}
