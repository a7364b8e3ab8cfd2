import type { DType, Shape } from '../../core/index.ts';
import type { Value } from '../../graph/index.ts';
import * as ops from '../../ops/index.ts';
import type { Operand, Tensor } from '../tensor.ts';

/**
 * What the methods of every family stand on. A family is an abstract class on top of the one before it, and `Tensor` is on
 * top of all: so each file is about one thing, a method is an ordinary method with its own type and comment, and nothing is
 * attached when a module is loaded. The order of the families is that of `Tensor`'s documentation and means no more.
 */
export abstract class TensorBase {
  /** The graph under this tensor. */
  abstract get value(): Value;
  /** Lengths of the axes, outermost first. */
  abstract get shape(): Shape;
  /** Type of the elements. */
  abstract get dtype(): DType;
  /** Number of axes. */
  abstract get rank(): number;

  /** A tensor over a value that was made from this one and others: it tracks gradients if one of them does. */
  protected abstract derive(value: Value, ...others: readonly Tensor[]): Tensor;

  /** An op of this tensor alone. */
  protected unary(op: (x: Value) => Value): Tensor {
    return this.derive(op(this.value));
  }

  /** An op of this tensor and another, or a number of this tensor's element type. */
  protected binary(op: (a: Value, b: Value) => Value, other: Operand): Tensor {
    if (typeof other === 'number') return this.unary((x) => op(x, ops.constant(other, this.dtype)));
    return this.derive(op(this.value, other.value), other);
  }
}
