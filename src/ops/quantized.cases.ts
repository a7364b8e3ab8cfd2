import { cases } from '../../test/support/cases.ts';
import { at, build, type Plain } from '../../test/support/reference.ts';
import { as, integers, normal, positive, zeros } from '../../test/support/samples.ts';
import { dequantize, type Packing, quantizedLinear } from './quantized.ts';

const bytes = (...shape: number[]) => as('uint8', integers(0, 256, ...shape));

interface Packed extends Packing {
  readonly weight: Plain;
  readonly scales: Plain;
  readonly zeros: Plain | null;
}

/** The number at a place of a row of packed numbers. */
function numberIn(row: (byte: number) => number, place: number, bits: number): number {
  const perByte = 8 / bits;
  return (row(Math.floor(place / perByte)) >> (bits * (place % perByte))) % 2 ** bits;
}

function matrix({ weight, scales, zeros: offsets, bits, groupSize }: Packed): Plain {
  const [out, groups] = weight.shape as [number, number];
  return build([out, groups * groupSize], ([row, column]) => {
    const group = Math.floor(column! / groupSize);
    const number = numberIn((byte) => at(weight, [row!, group, byte]), column! % groupSize, bits);
    const zero = offsets ? numberIn((byte) => at(offsets, [row!, byte]), group, bits) : 2 ** (bits - 1);
    return (number - zero) * at(scales, [row!, group]);
  });
}

const eight = { bits: 8, groupSize: 16 };
const four = { bits: 4, groupSize: 16 };

export const dequantizeCases = cases(dequantize, { torch: '—', reference: (seen) => matrix(seen), tolerance: 'rounding' }, [
  { weight: bytes(3, 2, 16), scales: positive(3, 2), ...eight },
  { weight: bytes(3, 2, 16), scales: positive(3, 2), zeros: bytes(3, 2), ...eight },
  { weight: bytes(3, 2, 8), scales: positive(3, 2), ...four },
  { weight: bytes(3, 3, 8), scales: positive(3, 3), zeros: bytes(3, 2), ...four, note: 'half of the last byte is unused' },
  { weight: bytes(3, 2, 16), scales: positive(3, 2), ...four, throws: /weight is \[3, 2, 16\]; .* it must be \[3, 2, 8\]/ },
  { weight: bytes(3, 2, 8), scales: positive(3), ...four, throws: /scales is \[3\]; .* it must be \[3, 2\]/ },
  { weight: zeros(3, 2, 8), scales: positive(3, 2), ...four, throws: /must be uint8, float32 and uint8/ },
]);

export const quantizedLinearCases = cases(
  quantizedLinear,
  {
    torch: '—',
    reference: ({ x, bias, ...packed }) => {
      const weight = matrix(packed);
      const [out, width] = weight.shape as [number, number];
      return build([...x.shape.slice(0, -1), out], (place) => {
        let sum = bias ? at(bias, [place.at(-1)!]) : 0;
        for (let i = 0; i < width; i++) sum += at(x, [...place.slice(0, -1), i]) * at(weight, [place.at(-1)!, i]);
        return sum;
      });
    },
    tolerance: 'accumulated',
  },
  [
    { x: normal(5, 32), weight: bytes(3, 2, 16), scales: positive(3, 2), ...eight },
    { x: normal(2, 3, 32), weight: bytes(4, 2, 8), scales: positive(4, 2), ...four },
    { x: normal(1, 48), weight: bytes(4, 3, 8), scales: positive(4, 3), zeros: bytes(4, 2), ...four },
    { x: normal(2, 3, 32), weight: bytes(4, 2, 8), scales: positive(4, 2), bias: normal(4), ...four },
    {
      x: normal(5, 32),
      weight: bytes(3, 2, 16),
      scales: positive(3, 2),
      bias: normal(2),
      ...eight,
      throws: /bias is \[2\]; it must be \[3\]/,
    },
    {
      x: normal(5, 16),
      weight: bytes(3, 2, 16),
      scales: positive(3, 2),
      ...eight,
      throws: /the last axis of x \(16\) must equal/,
    },
    { x: bytes(5, 32), weight: bytes(3, 2, 16), scales: positive(3, 2), ...eight, throws: /x is uint8; it must be float32/ },
  ],
);
