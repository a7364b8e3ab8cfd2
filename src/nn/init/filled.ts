import { type Shape, sizeOf } from '../../core/index.ts';
import { type Tensor, tensor } from '../../tensor/index.ts';

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

/** A tensor of a shape with the numbers drawn for it; zeros where initial values are skipped. */
export function filled(shape: Shape, draw: (count: number) => Float32Array<ArrayBuffer>): Tensor {
  const count = sizeOf(shape);
  return tensor(skipping > 0 ? new Float32Array(count) : draw(count), { shape });
}

/** The numbers times `factor` plus `offset`, in place: a model has millions of them. */
export function scaled(numbers: Float32Array<ArrayBuffer>, factor: number, offset: number): Float32Array<ArrayBuffer> {
  for (let i = 0; i < numbers.length; i++) numbers[i] = numbers[i]! * factor + offset;
  return numbers;
}
