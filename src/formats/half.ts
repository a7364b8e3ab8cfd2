/**
 * The two 16-bit float types, kept as raw bits in a Uint16Array.
 * Source: IEEE 754-2019, binary16; bfloat16 is the upper half of binary32.
 */
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The float32 values of IEEE half-precision bits; exact. */
export function float16ToFloat32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const floats = new Float32Array(halves.length);
  const words = new Uint32Array(floats.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      // Subnormal halves are multiples of 2^-24, all of them normal in float32.
      floats[i] = fraction * 2 ** -24;
      words[i]! |= sign;
    } else if (exponent === 31) words[i] = sign | 0x7f800000 | (fraction << 13);
    else words[i] = sign | ((exponent + 112) << 23) | (fraction << 13);
  }
  return floats;
}

/** The float32 values of bfloat16 bits; exact. */
export function bfloat16ToFloat32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const floats = new Float32Array(halves.length);
  const words = new Uint32Array(floats.buffer);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
  return floats;
}

/** IEEE half-precision bits of float32 values, rounded to nearest, ties to even; too large becomes infinity. */
export function float32ToFloat16(floats: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < floats.length; i++) {
    float[0] = floats[i]!;
    const word = bits[0]!;
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude > 0x7f800000) halves[i] = sign | 0x7e00;
    else if (magnitude >= 0x47800000) halves[i] = sign | 0x7c00;
    else if (magnitude < 0x38800000) {
      // Below 2^-14 the result is a multiple of 2^-24; adding 0.5 lets float32 addition round at that very place.
      bits[0] = magnitude;
      float[0] = float[0]! + 0.5;
      halves[i] = sign | (bits[0]! - 0x3f000000);
    } else {
      const odd = (magnitude >>> 13) & 1;
      halves[i] = sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
    }
  }
  return halves;
}

/** bfloat16 bits of float32 values, rounded to nearest, ties to even. */
export function float32ToBfloat16(floats: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < floats.length; i++) {
    float[0] = floats[i]!;
    const word = bits[0]!;
    const isNan = (word & 0x7fffffff) > 0x7f800000;
    halves[i] = isNan ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return halves;
}
