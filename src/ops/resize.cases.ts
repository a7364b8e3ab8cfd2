import { cases } from '../../test/support/cases.ts';
import { at, build, type Plain } from '../../test/support/reference.ts';
import { as, normal, zeros } from '../../test/support/samples.ts';
import { type InterpolateOptions, interpolate } from './resize.ts';

const kernel = (d: number) => {
  const [a, s] = [-0.75, Math.abs(d)];
  if (s <= 1) return (a + 2) * s ** 3 - (a + 3) * s ** 2 + 1;
  return s < 2 ? a * s ** 3 - 5 * a * s ** 2 + 8 * a * s - 4 * a : 0;
};

/** Axis after axis, element after element, as PyTorch's documentation says. */
function resized({ x, size, scaleFactor, mode = 'nearest', alignCorners = false }: { x: Plain } & InterpolateOptions): Plain {
  const spatial = x.shape.slice(2);
  return spatial.reduce<Plain>((y, from, i) => {
    const axis = i + 2;
    const factor = typeof scaleFactor === 'number' ? scaleFactor : scaleFactor?.[i];
    const to = factor === undefined ? (typeof size === 'number' ? size : size![i]!) : Math.floor(from * factor);
    const scale = alignCorners ? (to > 1 ? (from - 1) / (to - 1) : 0) : factor === undefined ? from / to : 1 / factor;
    const held = (position: number) => Math.min(from - 1, Math.max(0, position));
    return build(y.shape.with(axis, to), (place) => {
      const element = (position: number) => at(y, place.with(axis, held(position)));
      const p = place[axis]!;
      if (mode === 'nearest') return element(Math.floor(p * scale));
      if (mode === 'nearest-exact') return element(Math.floor((p + 0.5) * scale));
      const centre = alignCorners ? p * scale : (p + 0.5) * scale - 0.5;
      if (mode === 'bicubic') {
        const first = Math.floor(centre);
        return [-1, 0, 1, 2].reduce((sum, k) => sum + kernel(centre - first - k) * element(first + k), 0);
      }
      const source = held(centre);
      const first = Math.floor(source);
      return element(first) * (1 - (source - first)) + element(first + 1) * (source - first);
    });
  }, x);
}

export const interpolateCases = cases(
  interpolate,
  { inputs: ['x'], torch: 'F.interpolate', reference: resized, tolerance: 'rounding' },
  [
    { x: normal(1, 2, 3, 4), size: [6, 8], mode: 'nearest', note: 'whole factors' },
    { x: normal(1, 2, 6, 4), size: [3, 2], mode: 'nearest', note: 'whole factors down' },
    { x: normal(1, 2, 6, 9), size: [3, 3], mode: 'nearest-exact' },
    { x: normal(2, 1, 5, 3), size: [7, 4], mode: 'nearest' },
    { x: normal(2, 1, 5, 3), size: [7, 4], mode: 'nearest-exact' },
    { x: normal(2, 1, 5), scaleFactor: 1.5, mode: 'nearest' },
    { x: normal(2, 2, 5), size: 8, mode: 'linear' },
    { x: normal(2, 2, 5), size: 8, mode: 'linear', alignCorners: true },
    { x: normal(1, 2, 3, 4), size: [5, 7], mode: 'bilinear' },
    { x: normal(1, 2, 3, 4), size: [5, 7], mode: 'bilinear', alignCorners: true },
    { x: normal(1, 2, 6, 5), size: [4, 1], mode: 'bilinear', note: 'smaller' },
    { x: normal(1, 2, 6, 5), size: [4, 1], mode: 'bilinear', alignCorners: true },
    { x: normal(1, 1, 3, 4), scaleFactor: [2.5, 1.3], mode: 'bilinear', note: 'the factor as it is given' },
    { x: normal(1, 1, 4, 4), size: [7, 3], mode: 'bicubic' },
    { x: normal(1, 1, 4, 4), size: [7, 6], mode: 'bicubic', alignCorners: true },
    { x: normal(1, 1, 2, 3, 2), size: [3, 4, 5], mode: 'trilinear' },
    { x: normal(1, 2, 3, 4), size: [3, 4], mode: 'bilinear', note: 'as it is' },
    { x: zeros(1, 1, 3), size: 4, mode: 'bilinear', throws: /mode is bilinear; it needs \[B, C\] and 2 spatial axes/ },
    { x: zeros(1, 1, 3), mode: 'linear', throws: /give either size or scaleFactor/ },
    {
      x: zeros(1, 1, 3),
      size: 4,
      mode: 'nearest',
      alignCorners: true,
      throws: /alignCorners has no meaning with mode nearest/,
    },
    { x: zeros(1, 1, 3), size: [4, 4], mode: 'linear', throws: /size is \[4, 4\]; it needs 1 positive numbers/ },
    { x: zeros(1, 1, 3), scaleFactor: 0.1, mode: 'linear', throws: /its spatial axes would be \[0\]/ },
    { x: as('int64', zeros(1, 1, 3)), size: 4, throws: /x is int64; it needs a floating-point type/ },
  ],
);
