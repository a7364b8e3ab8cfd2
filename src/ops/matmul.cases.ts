import { cases } from '../../test/support/cases.ts';
import { at, build, lastTwoSwapped, mapped, matrixProduct, type Plain } from '../../test/support/reference.ts';
import { as, normal, zeros } from '../../test/support/samples.ts';
import { addmm, linear, matmul, matmulOf, swapLast } from './matmul.ts';

const asMatrix = (x: Plain, shape: number[]): Plain => (x.shape.length === 1 ? { shape, data: x.data } : x);

export const matmulCases = cases(
  matmul,
  {
    inputs: ['a', 'b'],
    torch: 'torch.matmul',
    reference: ({ a, b }) => {
      const [left, right] = [asMatrix(a, [1, a.shape[0]!]), asMatrix(b, [b.shape[0]!, 1])];
      const y = matrixProduct(left, right);
      const dropped = [...(left === a ? [] : [-2]), ...(right === b ? [] : [-1])];
      return { shape: y.shape.filter((_, axis) => !dropped.includes(axis - y.shape.length)), data: y.data };
    },
    tolerance: 'rounding',
  },
  [
    { a: normal(2, 3), b: normal(3, 4) },
    { a: normal(1, 1), b: normal(1, 1), note: 'axes of length 1' },
    { a: normal(1, 4), b: normal(4, 1), note: 'an inner product' },
    { a: normal(3, 1), b: normal(1, 2), note: 'an outer product' },
    { a: normal(5, 2, 3), b: normal(5, 3, 4), note: 'a batch' },
    { a: normal(5, 2, 3), b: normal(3, 4), note: 'one matrix for every one of a batch' },
    { a: normal(2, 3), b: normal(5, 3, 4), note: 'one matrix on the left' },
    { a: normal(2, 2, 4, 3), b: normal(2, 2, 3, 2), note: 'heads' },
    { a: normal(5, 1, 2, 3), b: normal(6, 3, 4), note: 'leading axes broadcast' },
    { a: normal(1, 2, 3), b: normal(4, 3, 2), note: 'a leading axis of length 1 broadcasts' },
    { a: zeros(2, 3), b: zeros(4, 5), throws: /the last axis of a \(3\) must equal the second-last of b \(4\)/ },
    { a: normal(3), b: normal(3), note: 'two vectors' },
    { a: normal(3), b: normal(3, 2), note: 'a row' },
    { a: normal(2, 3), b: normal(3), note: 'a column' },
    { a: normal(3), b: normal(2, 3, 4), note: 'a row for every one of a batch' },
    { a: normal(2, 4, 3), b: normal(3), note: 'a column for every one of a batch' },
    { a: zeros(), b: zeros(3, 2), throws: /both need at least two axes, or one for a vector/ },
    { a: zeros(4), b: zeros(3), throws: /the last axis of a \(4\) must equal the second-last of b \(3\)/ },
    { a: zeros(2, 2, 3), b: zeros(4, 3, 2), throws: /matmul \(leading axes\): .*axis -1 is 2 in a and 4 in b/ },
    { a: zeros(2, 3), b: as('float64', zeros(3, 2)), throws: /a is float32 and b is float64/ },
    { a: as('int64', zeros(2, 3)), b: as('int64', zeros(3, 2)), throws: /both need one floating-point type/ },
  ],
);

const flipped = (x: Plain, flip: boolean) => (flip ? lastTwoSwapped(x) : x);
const ways = [
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: false },
  { transposeA: true, transposeB: true },
];

export const matmulOfCases = cases(
  matmulOf,
  {
    torch: '—',
    reference: ({ a, b, transposeA, transposeB }) => matrixProduct(flipped(a, transposeA), flipped(b, transposeB)),
    tolerance: 'rounding',
  },
  ways.flatMap((way) => {
    const a = (...lead: number[]) => (way.transposeA ? normal(...lead, 3, 2) : normal(...lead, 2, 3));
    const b = (...lead: number[]) => (way.transposeB ? normal(...lead, 4, 3) : normal(...lead, 3, 4));
    return [
      { ...way, a: a(), b: b() },
      { ...way, a: a(5), b: b(5) },
      { ...way, a: a(5), b: b(), note: 'one matrix for every one of a batch' },
      { ...way, a: a(), b: b(2), note: 'one matrix on the left' },
      { ...way, a: a(3, 1), b: b(2), note: 'leading axes broadcast' },
      { ...way, a: zeros(2, 5), b: zeros(7, 9), throws: /axis of a \([25]\) must equal the (last|second-last) of b \([79]\)/ },
    ];
  }),
);

export const addmmCases = cases(
  addmm,
  {
    torch: 'torch.addmm',
    reference: ({ c, a, b, transposeA, transposeB }) =>
      mapped((x, y) => x + y, c, matrixProduct(flipped(a, transposeA), flipped(b, transposeB))),
    tolerance: 'rounding',
  },
  [
    ...[{ transposeA: false, transposeB: false }, ...ways].map((way) => ({
      ...way,
      c: normal(2, 4),
      a: way.transposeA ? normal(3, 2) : normal(2, 3),
      b: way.transposeB ? normal(4, 3) : normal(3, 4),
    })),
    { c: normal(4), a: normal(2, 3), b: normal(3, 4), transposeA: false, transposeB: false, note: 'one row for all' },
    { c: normal(2, 1), a: normal(2, 3), b: normal(3, 4), transposeA: false, transposeB: false, note: 'one column for all' },
    {
      c: zeros(3, 4),
      a: zeros(1, 3),
      b: zeros(3, 4),
      transposeA: false,
      transposeB: false,
      throws: /c must broadcast to their product/,
    },
    {
      c: zeros(2, 2, 4),
      a: zeros(2, 2, 3),
      b: zeros(3, 4),
      transposeA: false,
      transposeB: false,
      throws: /a and b need two axes/,
    },
    { c: zeros(4), a: zeros(2, 3), b: zeros(2, 4), transposeA: false, transposeB: false, throws: /addmm: a is \[2, 3\]/ },
    {
      c: as('float64', zeros(4)),
      a: zeros(2, 3),
      b: zeros(3, 4),
      transposeA: false,
      transposeB: false,
      throws: /c is float64 and a is float32/,
    },
  ],
);

export const swapLastCases = cases(
  swapLast,
  { torch: 'Tensor.mT', inputs: ['x'], reference: ({ x }) => lastTwoSwapped(x), tolerance: 'exact' },
  [{ x: normal(2, 3) }, { x: normal(2, 1, 3) }, { x: normal(2, 3, 4, 2) }],
);

export const linearCases = cases(
  linear,
  {
    torch: 'F.linear',
    reference: ({ x, weight, bias }) => {
      const product = build([...x.shape.slice(0, -1), weight.shape[0]!], (place) => {
        let total = 0;
        for (let i = 0; i < weight.shape[1]!; i++) total += at(x, place.with(-1, i)) * at(weight, [place.at(-1)!, i]);
        return total;
      });
      return bias ? mapped((a, b) => a + b, product, bias) : product;
    },
    tolerance: 'rounding',
  },
  [
    { x: normal(2, 3), weight: normal(4, 3), bias: normal(4) },
    { x: normal(2, 3), weight: normal(4, 3) },
    { x: normal(3), weight: normal(4, 3), bias: normal(4), note: 'one row' },
    { x: normal(2, 5, 3), weight: normal(4, 3), bias: normal(4) },
    { x: normal(2, 5, 3), weight: normal(1, 3), note: 'one output' },
    { x: normal(2, 1, 2, 1), weight: normal(3, 1), bias: normal(3), note: 'one input' },
    { x: zeros(2, 3), weight: zeros(4, 5), throws: /the last axis of x \(3\) must equal the last of weight \(5\)/ },
    { x: zeros(2, 3), weight: zeros(3), throws: /weight needs two axes, \[out, in\]/ },
    { x: zeros(2, 3), weight: zeros(4, 3), bias: zeros(3), throws: /bias is \[3\] and weight is \[4, 3\]; bias must be \[4\]/ },
    { x: zeros(), weight: zeros(4, 3), throws: /x is a scalar and needs at least one axis/ },
    { x: as('float64', zeros(2, 3)), weight: zeros(4, 3), throws: /x is float64, weight is float32; all need one/ },
    { x: zeros(2, 3), weight: zeros(4, 3), bias: as('float64', zeros(4)), throws: /bias is float64/ },
  ],
);
