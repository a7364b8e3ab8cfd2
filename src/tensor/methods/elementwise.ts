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
}
