import type { DType } from '../../core/index.ts';
import * as ops from '../../ops/index.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { TensorBase } from './base.ts';

/** Methods that work on each element, broadcast by NumPy’s rule. */
export abstract class ElementwiseMethods extends TensorBase {
  /** Sum, broadcast. */
  add(other: Operand): Tensor {
    return this.binary(ops.add, other);
  }
  /** Difference, broadcast. */
  sub(other: Operand): Tensor {
    return this.binary(ops.sub, other);
  }
  /** Product of elements, broadcast. */
  mul(other: Operand): Tensor {
    return this.binary(ops.mul, other);
  }
  /** Quotient, broadcast. */
  div(other: Operand): Tensor {
    return this.binary(ops.div, other);
  }
  /** Each element to a power, broadcast. */
  pow(exponent: Operand): Tensor {
    return exponent === 2 ? this.square() : this.binary(ops.pow, exponent);
  }
  /** The larger of two elements, broadcast. */
  maximum(other: Operand): Tensor {
    return this.binary(ops.maximum, other);
  }
  /** The smaller of two elements, broadcast. */
  minimum(other: Operand): Tensor {
    return this.binary(ops.minimum, other);
  }
  neg(): Tensor {
    return this.unary(ops.neg);
  }
  abs(): Tensor {
    return this.unary(ops.abs);
  }
  sign(): Tensor {
    return this.unary(ops.sign);
  }
  square(): Tensor {
    return this.unary((x) => ops.mul(x, x));
  }
  exp(): Tensor {
    return this.unary(ops.exp);
  }
  log(): Tensor {
    return this.unary(ops.log);
  }
  sqrt(): Tensor {
    return this.unary(ops.sqrt);
  }
  reciprocal(): Tensor {
    return this.unary(ops.reciprocal);
  }
  sin(): Tensor {
    return this.unary(ops.sin);
  }
  cos(): Tensor {
    return this.unary(ops.cos);
  }
  tanh(): Tensor {
    return this.unary(ops.tanh);
  }
  sigmoid(): Tensor {
    return this.unary(ops.sigmoid);
  }
  erf(): Tensor {
    return this.unary(ops.erf);
  }
  relu(): Tensor {
    return this.unary(ops.relu);
  }
  /** Gaussian error linear unit, exact by erf. */
  gelu(): Tensor {
    return this.unary(ops.gelu);
  }
  /** Each element held between `min` and `max`, either of which may be null. */
  clip(min: number | null, max: number | null): Tensor {
    return this.derive(ops.clip(this.value, { min, max }));
  }
  /** Each element as another type. */
  cast(this: Tensor, to: DType): Tensor {
    return to === this.dtype ? this : this.unary((x) => ops.cast(x, { to }));
  }

  /** One over the square root. */
  rsqrt(): Tensor {
    return this.unary(ops.rsqrt);
  }
  /** 2 to the power of each element. */
  exp2(): Tensor {
    return this.unary(ops.exp2);
  }
  /** e^x − 1, exact near 0. */
  expm1(): Tensor {
    return this.unary(ops.expm1);
  }
  /** Logarithm to base 2. */
  log2(): Tensor {
    return this.unary(ops.log2);
  }
  /** Logarithm to base 10. */
  log10(): Tensor {
    return this.unary(ops.log10);
  }
  /** Logarithm of 1 + x, exact near 0. */
  log1p(): Tensor {
    return this.unary(ops.log1p);
  }
  /** Tangent. */
  tan(): Tensor {
    return this.unary(ops.tan);
  }
  /** Inverse sine. */
  asin(): Tensor {
    return this.unary(ops.asin);
  }
  /** Inverse cosine. */
  acos(): Tensor {
    return this.unary(ops.acos);
  }
  /** Inverse tangent. */
  atan(): Tensor {
    return this.unary(ops.atan);
  }
  /** Hyperbolic sine. */
  sinh(): Tensor {
    return this.unary(ops.sinh);
  }
  /** Hyperbolic cosine. */
  cosh(): Tensor {
    return this.unary(ops.cosh);
  }
  /** Inverse hyperbolic sine. */
  asinh(): Tensor {
    return this.unary(ops.asinh);
  }
  /** Inverse hyperbolic cosine. */
  acosh(): Tensor {
    return this.unary(ops.acosh);
  }
  /** Inverse hyperbolic tangent. */
  atanh(): Tensor {
    return this.unary(ops.atanh);
  }
  /** Rounded down. */
  floor(): Tensor {
    return this.unary(ops.floor);
  }
  /** Rounded up. */
  ceil(): Tensor {
    return this.unary(ops.ceil);
  }
  /** Rounded to the nearest whole number, halves to the even one. */
  round(): Tensor {
    return this.unary(ops.round);
  }
  /** Rounded towards 0. */
  trunc(): Tensor {
    return this.unary(ops.trunc);
  }
  /** x · σ(x). */
  silu(): Tensor {
    return this.unary(ops.silu);
  }
  /** What is left of a division rounded down, with the sign of the divisor: Python's %. */
  remainder(other: Operand): Tensor {
    return this.binary(ops.remainder, other);
  }
  /** What is left of a division rounded towards 0, with the sign of this. */
  fmod(other: Operand): Tensor {
    return this.binary(ops.fmod, other);
  }

  // ---- questions ----

  eq(other: Operand): Tensor {
    return this.binary(ops.equal, other);
  }
  gt(other: Operand): Tensor {
    return this.binary(ops.greater, other);
  }
  ge(other: Operand): Tensor {
    return this.binary(ops.greaterOrEqual, other);
  }
  lt(other: Operand): Tensor {
    return this.binary(ops.less, other);
  }
  le(other: Operand): Tensor {
    return this.binary(ops.lessOrEqual, other);
  }
  logicalNot(): Tensor {
    return this.unary(ops.logicalNot);
  }
  logicalAnd(other: Tensor): Tensor {
    return this.binary(ops.logicalAnd, other);
  }
  logicalOr(other: Tensor): Tensor {
    return this.binary(ops.logicalOr, other);
  }
  /** Whether elements are NaN. */
  isnan(): Tensor {
    return this.unary(ops.isnan);
  }
  /** Whether elements are infinite. */
  isinf(): Tensor {
    return this.unary(ops.isinf);
  }
  /** Whether elements are neither NaN nor infinite. */
  isfinite(): Tensor {
    return this.unary(ops.isfinite);
  }
  /** Whether elements differ. */
  ne(other: Operand): Tensor {
    return this.binary(ops.notEqual, other);
  }
  /** Whether exactly one is true. */
  logicalXor(other: Tensor): Tensor {
    return this.binary(ops.logicalXor, other);
  }
  /** This, with `value` where the mask holds. */
  maskedFill(mask: Tensor, value: number): Tensor {
    return this.derive(ops.maskedFill(this.value, mask.value, { value }));
  }
}
