import {
  type DType,
  foldIn,
  type RandomKey,
  randomNormal,
  randomPermutation,
  randomUniform,
  sizeOf,
} from '../../src/core/index.ts';
import type { Plain } from './reference.ts';

/** How an input of a test is made: its type, and its numbers from a key. Nothing random happens before `drawn` is called. */
export interface Sample {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly draw: (key: RandomKey) => readonly number[];
}

/** The numbers of a sample under a seed: the same seed gives the same numbers everywhere. */
export function drawn({ shape, draw }: Sample, key: RandomKey): Plain {
  return { shape, data: draw(key) };
}

function floats(shape: readonly number[], draw: (key: RandomKey, size: number) => Iterable<number>): Sample {
  // Rounded to float32, so that the reference in float64 starts from the same numbers.
  return { shape, dtype: 'float32', draw: (key) => Array.from(draw(key, sizeOf(shape)), Math.fround) };
}

/** Standard normal numbers. */
export function normal(...shape: number[]): Sample {
  return floats(shape, randomNormal);
}

/** Numbers from 0.5 to 2.5: safe under logarithms, roots and divisions. */
export function positive(...shape: number[]): Sample {
  return floats(shape, (key, size) => randomUniform(key, size).map((x) => 0.5 + 2 * x));
}

/** Numbers of both signs, none two of them nearer than 0.25, in random order: no ties, and no order that a small step changes. */
export function distinct(...shape: number[]): Sample {
  return floats(shape, (key, size) => Float32Array.from(randomPermutation(key, size), (rank) => 0.125 + (rank - size / 2) / 4));
}

/** The same sample with every number at least `distance` away from each of the points: for functions with kinks there. */
export function awayFrom(points: readonly number[], sample: Sample, distance = 0.1): Sample {
  const moved = (x: number) => {
    const near = points.find((point) => Math.abs(x - point) < distance);
    return near === undefined ? x : Math.fround(near + (x < near ? -distance : distance));
  };
  return { ...sample, draw: (key) => sample.draw(key).map(moved) };
}

/** Whole numbers from `low` up to, not including, `high`. */
export function integers(low: number, high: number, ...shape: number[]): Sample {
  const draw = (key: RandomKey) =>
    Array.from(randomUniform(key, sizeOf(shape)), (x) => Math.min(high - 1, low + Math.floor(x * (high - low))));
  return { shape, dtype: 'int64', draw };
}

/** True or false, as 1 and 0. */
export function bools(...shape: number[]): Sample {
  return { ...integers(0, 2, ...shape), dtype: 'bool' };
}

/** Exactly these numbers. */
export function exactly(numbers: readonly number[], shape: readonly number[] = [numbers.length]): Sample {
  return { shape, dtype: 'float32', draw: () => numbers.map(Math.fround) };
}

/** Zeros, for cases in which the numbers do not matter. */
export function zeros(...shape: number[]): Sample {
  return exactly(new Array<number>(sizeOf(shape)).fill(0), shape);
}

/** The same sample in another element type. Numbers are kept, so they must be of that type. */
export function as(dtype: DType, sample: Sample): Sample {
  return { ...sample, dtype };
}

/** A key for a purpose that has a name. */
export function keyFor(seed: RandomKey, ...names: readonly (string | number)[]): RandomKey {
  let key = seed;
  for (const name of names) {
    for (const character of String(name)) key = foldIn(key, character.codePointAt(0)!);
    key = foldIn(key, 0x110000);
  }
  return key;
}
