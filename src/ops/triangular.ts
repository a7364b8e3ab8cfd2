import { formatShape, ShapeError } from '../core/index.ts';
import { defineOp, type Op } from '../graph/index.ts';

type Triangle = Op<['x'], { diagonal: number }>;

/*@__NO_SIDE_EFFECTS__*/
function triangle(name: string, upper: boolean): Triangle {
  const row: Triangle = defineOp<readonly ['x'], { diagonal: number }>({
    name,
    inputs: ['x'],
    infer: ({ x }) => {
      if (x.shape.length < 2)
        throw new ShapeError(`${name}: x is ${formatShape(x.shape)}; it needs at least two axes, rows and columns.`);
      return { shape: x.shape, dtype: x.dtype };
    },
    lower: (emitter, { x, diagonal }) =>
      emitter.node('Trilu', [x, emitter.constant('int64', [diagonal], [])], { attributes: { upper: { int: upper ? 1 : 0 } } }),
    vjp: (g, { diagonal }) => ({ x: row(g, { diagonal }) }),
    // A row or a column by itself would not know how far it is from the diagonal.
    axes: { zeroWith: [[0]], along: (axis, _types, _attributes, y) => (axis < y.shape.length - 2 ? [axis] : null) },
  });
  return row;
}

/**
 * The upper triangle of the last two axes, with zeros below it: kept is what lies on the diagonal of that number or above
 * (0: the main one, 1: the next to its right).
 */
export const triu: Triangle = triangle('triu', true);

/** The lower triangle of the last two axes, with zeros above it: kept is what lies on the diagonal of that number or below. */
export const tril: Triangle = triangle('tril', false);
