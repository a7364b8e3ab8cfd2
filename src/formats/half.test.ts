import { expect, test } from 'vitest';
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './half.ts';

const all = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** binary16 by its definition: sign, exponent biased by 15, ten fraction bits. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

test('all 65,536 halves widen to their definition and narrow back to themselves', () => {
  const wide = float16ToFloat32(all);
  const back = float32ToFloat16(wide);
  for (let i = 0; i < 65536; i++) {
    const expected = half(i);
    if (!Object.is(wide[i], expected)) expect(wide[i], `half ${i}`).toBe(expected);
    if (!Number.isNaN(expected) && back[i] !== i) expect(back[i], `half ${i}`).toBe(i);
    if (Number.isNaN(expected)) expect(half(back[i]!)).toBeNaN();
  }
});

test('all bfloat16 values widen and narrow back', () => {
  const wide = bfloat16ToFloat32(all);
  const back = float32ToBfloat16(wide);
  expect(Array.from(wide.subarray(0x3f7f, 0x3f82))).toEqual([0.99609375, 1, 1.0078125]);
  for (let i = 0; i < 65536; i++) {
    if (Number.isNaN(wide[i])) expect(bfloat16ToFloat32(back.subarray(i, i + 1))[0]).toBeNaN();
    else if (back[i] !== i) expect(back[i], `bfloat16 ${i}`).toBe(i);
  }
});

test('narrowing rounds to the nearest, ties to even, and overflows to infinity', () => {
  const bits = (x: number) => float32ToFloat16(new Float32Array([x]))[0]!;
  expect(bits(1 + 2 ** -11)).toBe(0x3c00); // halfway to the next half: stays at the even one
  expect(bits(1 + 3 * 2 ** -11)).toBe(0x3c02);
  expect(bits(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01);
  expect(bits(65504)).toBe(0x7bff);
  expect(bits(65519)).toBe(0x7bff);
  expect(bits(65520)).toBe(0x7c00);
  expect(bits(-1e9)).toBe(0xfc00);
  expect(bits(2 ** -25)).toBe(0);
  expect(bits(1.5 * 2 ** -25)).toBe(1);
  expect(bits(2 ** -14 - 2 ** -26)).toBe(0x0400);
  const wideBits = (x: number) => float32ToBfloat16(new Float32Array([x]))[0]!;
  expect(wideBits(1 + 2 ** -8)).toBe(0x3f80);
  expect(wideBits(1 + 3 * 2 ** -8)).toBe(0x3f82);
  expect(wideBits(3.4e38)).toBe(0x7f80);
});
