import type { Op, Value } from '../../src/graph/index.ts';
import { cases } from './cases.ts';
import { mapped, type Plain } from './reference.ts';
import { as, awayFrom, exactly, integers, normal, type Sample, zeros } from './samples.ts';

type Make = (...shape: number[]) => Sample;

/** All ranks from a scalar to four axes, and an axis of length 1; `make` gives inputs on which the function is smooth. */
export const everyRank = (make: Make) => [
  { x: make() },
  { x: make(5) },
  { x: make(2, 3) },
  { x: make(2, 1, 3) },
  { x: make(1, 2, 3, 2) },
];

/** The ways two shapes broadcast. */
export const everyPair = (a: Make, b = a) => [
  { a: a(), b: b() },
  { a: a(2, 3), b: b(2, 3) },
  { a: a(2, 3), b: b(), note: 'a scalar on the right' },
  { a: a(), b: b(2, 3), note: 'a scalar on the left' },
  { a: a(2, 3), b: b(3), note: 'a row' },
  { a: a(2, 1), b: b(2, 3), note: 'a column' },
  { a: a(4, 1, 3), b: b(2, 1), note: 'both sides broadcast' },
  { a: a(1, 3, 1, 2), b: b(2, 1, 4, 1), note: 'four axes' },
];

/** Two inputs that do not fit each other. */
export const disagree = [
  { a: zeros(2, 3), b: zeros(4, 3), throws: /axis -2 is 2 in a and 4 in b/ },
  { a: zeros(2, 3), b: as('int64', zeros(2, 3)), throws: /a is float32 and b is int64; both need one element type/ },
];

/** A reference from a function of one number. */
export const unary = (f: (x: number) => number) => ({
  reference: ({ x }: { x: Plain }) => mapped(f, x),
  tolerance: 'rounding' as const,
});

/** A reference from a function of two numbers. */
export const binary = (f: (a: number, b: number) => number) => ({
  reference: ({ a, b }: { a: Plain; b: Plain }) => mapped(f, a, b),
  tolerance: 'rounding' as const,
});

/** An input of a type that a floating-point function refuses. */
export const notFloat = { x: as('int64', zeros(2)), throws: /x is int64; it needs a floating-point type/ };

/** Normal numbers that keep away from 0. */
export const noZero: Make = (...shape) => awayFrom([0], normal(...shape));

/** What a function without a float64 kernel says. */
export const notDouble = { x: as('float64', zeros(2)), throws: /x is float64, in which ONNX Runtime does not compute it/ };

/** A case in float64, held to what float64 can. */
export const inDouble = (make: Make) => ({ x: as('float64', make(2, 3)), tolerance: 'double' as const });

/** The cases of a function of each element: all ranks, and float64 where it is computed in it. */
export const smooth = (
  op: Op<['x']>,
  torch: string,
  f: (x: number) => number,
  make: Make = normal,
  extra: readonly object[] = [inDouble(make)],
) => cases(op, { torch, ...unary(f) }, [...everyRank(make), notFloat, ...(extra as { x: Sample }[])]);

/** The same for a function of each element that is made of other ops. */
export const smoothFunction = (op: (x: Value) => Value, torch: string, f: (x: number) => number, make: Make = normal) =>
  cases(op, { inputs: ['x'], torch, ...unary(f) }, [...everyRank(make), inDouble(make), notFloat]);

/** The cases of a comparison. */
export const comparisonCases = (
  op: (a: Value, b: Value) => Value,
  torch: string,
  f: (a: number, b: number) => boolean,
  extra: readonly { readonly a: Sample; readonly b: Sample; readonly throws?: RegExp; readonly note?: string }[],
  alsoAgainst?: string,
) =>
  cases(
    op,
    {
      inputs: ['a', 'b'],
      torch,
      ...(alsoAgainst && { alsoAgainst }),
      reference: ({ a, b }: { a: Plain; b: Plain }) => mapped((x, y) => Number(f(x, y)), a, b),
      tolerance: 'exact',
    },
    [
      ...everyPair(normal),
      { a: integers(0, 3, 4, 5), b: integers(0, 3, 4, 5), note: 'with ties' },
      { a: exactly([1, 2, 3]), b: exactly([1, 2.5, 3]), note: 'with ties' },
      ...disagree,
      ...extra,
    ],
  );
