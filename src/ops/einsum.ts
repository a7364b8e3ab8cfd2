import { DTypeError, formatShape, isFloat, ShapeError } from '../core/index.ts';
import type { Value } from '../graph/index.ts';
import { mul } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { reshape, transpose } from './movement.ts';
import { diagonal } from './rearranging.ts';
import { sum } from './reduce.ts';

/** A tensor with a label for each of its axes, each label once. */
interface Term {
  readonly value: Value;
  readonly labels: readonly string[];
}

/**
 * Sums of products by Einstein's convention, as NumPy's and PyTorch's einsum: `einsum('bij,bjk->bik', a, b)`. A letter names an
 * axis; letters missing on the right are summed over; a letter twice in one operand takes the diagonal; `...` stands for the
 * axes not named, which broadcast. Without `->` the letters that occur once come out, in alphabetical order. Lengths of 1
 * broadcast. Operands are joined from left to right, each pair by one matrix product where something is summed.
 * @throws ShapeError when the equation and the operands do not fit.
 */
export function einsum(equation: string, operands: readonly Value[]): Value {
  const { terms, output } = parsed(equation, operands);
  const lengths = lengthsOf(equation, terms);
  const [first, ...rest] = terms.map((term) => withoutOnes(term, lengths));
  let left = first!;
  for (const [i, right] of rest.entries()) {
    const later = new Set([...output, ...rest.slice(i + 1).flatMap(({ labels }) => labels)]);
    const needed = (other: Term) => new Set([...later, ...other.labels]);
    left = joined(summed(left, needed(right)), summed(right, needed(left)), later);
  }
  const { value, labels } = summed(left, new Set(output));
  return permuted(
    value,
    output.map((label) => labels.indexOf(label)),
  );
}

function refuse(equation: string, operands: readonly Value[], reason: string): never {
  const shapes = operands.map(({ shape }) => formatShape(shape)).join(', ');
  throw new ShapeError(`einsum: the equation is ${JSON.stringify(equation)} and the operands are ${shapes}; ${reason}.`);
}

/** The operands' axes by label. The axes under `...` get labels of their own, counted from the last: `.1`, `.2`. */
function parsed(equation: string, operands: readonly Value[]): { terms: Term[]; output: string[] } {
  const fail = (reason: string): never => refuse(equation, operands, reason);
  const text = equation.replaceAll(' ', '');
  const [inputs = '', output, ...more] = text.split('->');
  if (more.length > 0 || /[^A-Za-z.,]/.test(inputs + (output ?? '')))
    fail('it must be letters, commas, ... and at most one ->');
  const parts = inputs.split(',');
  if (operands.length === 0 || parts.length !== operands.length)
    fail(`it names ${parts.length} operands and ${operands.length} came`);
  const dtypes = operands.map(({ dtype }) => dtype);
  if (dtypes.some((dtype) => dtype !== dtypes[0] || dtype === 'bool'))
    throw new DTypeError(`einsum: element types are ${dtypes.join(', ')}; all need one number type. Cast first.`);
  const split = (part: string): { before: string[]; after: string[]; dots: boolean } => {
    const [before = '', after, ...others] = part.split('...');
    if (others.length > 0 || `${before}${after ?? ''}`.includes('.'))
      fail('... may stand once in each operand and in the result');
    return { before: [...before], after: [...(after ?? '')], dots: after !== undefined };
  };
  let widest = 0;
  const dotted = (count: number) => Array.from({ length: count }, (_, i) => `.${count - i}`);
  const terms = operands.map((value, i): Term => {
    const { before, after, dots } = split(parts[i]!);
    const open = value.shape.length - before.length - after.length;
    if (open < 0 || (open > 0 && !dots))
      fail(
        `operand ${i + 1} has ${value.shape.length} axes and ${JSON.stringify(parts[i])} names ${before.length + after.length}`,
      );
    widest = Math.max(widest, open);
    return onDiagonal({ value, labels: [...before, ...dotted(open), ...after] }, (reason) => fail(reason));
  });
  if (output === undefined) {
    const letters = [...inputs].filter((label) => /[A-Za-z]/.test(label)).sort();
    return { terms, output: [...dotted(widest), ...letters.filter((label) => inputs.split(label).length === 2)] };
  }
  const { before, after, dots } = split(output);
  const letters = [...before, ...after];
  const strange = letters.find((label, i) => !inputs.includes(label) || letters.indexOf(label) !== i);
  if (strange) fail(`${strange} must stand in an operand, and once in the result`);
  // NumPy refuses a result without the axes under `...`; PyTorch sums over them, and so does this.
  return { terms, output: [...before, ...(dots ? dotted(widest) : []), ...after] };
}

/** A term whose repeated labels are taken along the diagonal. */
function onDiagonal(term: Term, fail: (reason: string) => never): Term {
  let { value, labels } = term;
  for (let again = repeated(labels); again !== undefined; again = repeated(labels)) {
    const [axis1, axis2] = [labels.indexOf(again), labels.lastIndexOf(again)];
    if (value.shape[axis1] !== value.shape[axis2])
      fail(`the axes named ${again} of one operand have lengths ${value.shape[axis1]} and ${value.shape[axis2]}`);
    value = diagonal(value, { axis1, axis2 });
    labels = [...labels.filter((_, axis) => axis !== axis1 && axis !== axis2), again];
  }
  return { value, labels };
}

function repeated(labels: readonly string[]): string | undefined {
  return labels.find((label, i) => labels.indexOf(label) !== i);
}

/** The length of each label: lengths of 1 give way to others. */
function lengthsOf(equation: string, terms: readonly Term[]): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const { value, labels } of terms) {
    labels.forEach((label, axis) => {
      const [known, length] = [lengths.get(label) ?? 1, value.shape[axis]!];
      if (known !== length && known !== 1 && length !== 1)
        refuse(
          equation,
          terms.map((term) => term.value),
          `${label.startsWith('.') ? 'an axis under ...' : `the axis ${label}`} is ${known} in one operand and ${length} in another`,
        );
      lengths.set(label, known === 1 ? length : known);
    });
  }
  return lengths;
}

/** A term without the axes of length 1 whose label is longer elsewhere: they broadcast. */
function withoutOnes({ value, labels }: Term, lengths: ReadonlyMap<string, number>): Term {
  const kept = labels.filter((label, axis) => value.shape[axis] === lengths.get(label));
  return { value: reshape(value, { shape: kept.map((label) => lengths.get(label)!) }), labels: kept };
}

/** A term summed over the labels that nothing needs any more. */
function summed({ value, labels }: Term, needed: ReadonlySet<string>): Term {
  const axes = labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  if (axes.length === 0) return { value, labels };
  return { value: sum(value, { axes, keepDims: false }), labels: labels.filter((label) => needed.has(label)) };
}

/** Two terms as one, summed over the labels that are not needed later. Each label of one side alone is needed. */
function joined(left: Term, right: Term, later: ReadonlySet<string>): Term {
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => later.has(label));
  const inner = shared.filter((label) => !later.has(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const lengthOf = ({ value, labels }: Term, label: string) => value.shape[labels.indexOf(label)]!;
  const inOrder = (term: Term, order: readonly string[]) =>
    permuted(
      term.value,
      order.map((label) => term.labels.indexOf(label)),
    );
  const labels = [...batch, ...rows, ...columns];
  if (inner.length === 0 || !isFloat(left.value.dtype)) {
    // Nothing to sum, or whole numbers, of which there are no fast products: aligned, multiplied, summed.
    const all = [...labels, ...inner];
    const aligned = (term: Term) =>
      reshape(
        inOrder(
          term,
          all.filter((label) => term.labels.includes(label)),
        ),
        {
          shape: all.map((label) => (term.labels.includes(label) ? lengthOf(term, label) : 1)),
        },
      );
    const product = mul(aligned(left), aligned(right));
    return summed({ value: product, labels: all }, new Set(labels));
  }
  const lengths = (term: Term, names: readonly string[]) => names.map((label) => lengthOf(term, label));
  const size = (list: readonly number[]) => list.reduce((a, b) => a * b, 1);
  const [batches, m, k, n] = [lengths(left, batch), lengths(left, rows), lengths(left, inner), lengths(right, columns)];
  const a = reshape(inOrder(left, [...batch, ...rows, ...inner]), { shape: [...batches, size(m), size(k)] });
  const b = reshape(inOrder(right, [...batch, ...inner, ...columns]), { shape: [...batches, size(k), size(n)] });
  return { value: reshape(matmul(a, b), { shape: [...batches, ...m, ...n] }), labels };
}

function permuted(x: Value, perm: readonly number[]): Value {
  return perm.every((axis, i) => axis === i) ? x : transpose(x, { perm });
}
