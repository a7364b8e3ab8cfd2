import type { DTypeArrays, RandomKey, Shape } from '../../core/index.ts';
import { deferred, nextRandomKey, type Tensor } from '../../tensor/index.ts';

type Numbers = DTypeArrays['float32'];

let skipping = 0;

/** Runs f; parameters made inside start at zero instead of at random. For models whose weights are about to be loaded. */
export function skipInit<T>(f: () => T): T {
  skipping++;
  try {
    return f();
  } finally {
    skipping--;
  }
}

/** Whether initial values are to be skipped. */
export function isSkippingInit(): boolean {
  return skipping > 0;
}

/** A tensor of a shape with the numbers that `make` gives when they are first needed; zeros where initial values are skipped. */
export function filled(shape: Shape, make: (count: number) => Numbers): Tensor {
  return deferred(shape, skipping > 0 ? zeros : make);
}

/** A tensor of a shape with random numbers, `keyed`; zeros, and no key taken, where initial values are skipped. */
export function drawn(shape: Shape, draw: (key: RandomKey, count: number) => Numbers): Tensor {
  return skipping > 0 ? deferred(shape, zeros) : keyed(shape, draw);
}

/** A tensor of a shape with random numbers. Their key is taken now, so the seed decides them; they are drawn when first needed. */
export function keyed(shape: Shape, draw: (key: RandomKey, count: number) => Numbers): Tensor {
  const key = nextRandomKey();
  return deferred(shape, (count) => draw(key, count));
}

const zeros = (count: number): Numbers => new Float32Array(count);

/** The numbers times `factor` plus `offset`, in place: a model has millions of them. */
export function scaled(numbers: Numbers, factor: number, offset: number): Numbers {
  for (let i = 0; i < numbers.length; i++) numbers[i] = numbers[i]! * factor + offset;
  return numbers;
}
