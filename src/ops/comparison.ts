import type { Value } from '../graph/index.ts';
import { type Binary, comparison, question, type Unary } from './pointwise.ts';

/** Whether two elements are equal. NaN equals nothing. */
export const equal: Binary = comparison('equal', 'Equal', 'any');

/** Whether `a` is greater than `b`. */
export const greater: Binary = comparison('greater', 'Greater', 'numbers');

/** Whether `a` is at least `b`. */
export const greaterOrEqual: Binary = comparison('greaterOrEqual', 'GreaterOrEqual', 'numbers');

/** Whether `a` is less than `b`. */
export const less: Binary = comparison('less', 'Less', 'numbers');

/** Whether `a` is at most `b`. */
export const lessOrEqual: Binary = comparison('lessOrEqual', 'LessOrEqual', 'numbers');

/** Whether both are true. Bools only. */
export const logicalAnd: Binary = comparison('logicalAnd', 'And', 'bools');

/** Whether at least one is true. Bools only. */
export const logicalOr: Binary = comparison('logicalOr', 'Or', 'bools');

/** Whether exactly one is true. Bools only. */
export const logicalXor: Binary = comparison('logicalXor', 'Xor', 'bools');

/** Whether an element is false. Bools only. */
export const logicalNot: Unary = question('logicalNot', 'Not', 'bools');

/** Whether two elements differ. NaN differs from everything. */
export function notEqual(a: Value, b: Value): Value {
  return logicalNot(equal(a, b));
}

/** Whether an element is not a number. */
export const isnan: Unary = question('isnan', 'IsNaN', 'floats');

/** Whether an element is infinite, of either sign. */
export const isinf: Unary = question('isinf', 'IsInf', 'floats');

/** Whether an element is neither infinite nor NaN. */
export function isfinite(x: Value): Value {
  return logicalNot(logicalOr(isnan(x), isinf(x)));
}
