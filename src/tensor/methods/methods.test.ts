import { describe, expect, test } from 'vitest';
import { einsum, interpolate, stack, type Tensor, tensor } from '../index.ts';

const x = tensor([
  [1, 5, 3],
  [4, 2, 6],
]);
const flags = tensor([true, false, true]);

describe('methods hand their arguments on', () => {
  test.each<[string, () => Tensor, unknown]>([
    [
      'ne',
      () => x.ne(3),
      [
        [1, 1, 0],
        [1, 1, 1],
      ],
    ],
    [
      'remainder',
      () => x.remainder(-4),
      [
        [-3, -3, -1],
        [0, -2, -2],
      ],
    ],
    [
      'fmod',
      () => x.neg().fmod(4),
      [
        [-1, -1, -3],
        [-0, -2, -2],
      ],
    ],
    [
      'maskedFill',
      () => x.maskedFill(flags, 0),
      [
        [0, 5, 0],
        [0, 2, 0],
      ],
    ],
    ['logicalXor', () => flags.logicalXor(tensor([true, true, false])), [0, 1, 1]],
    [
      'slice by steps',
      () => x.slice(1, 2, undefined, -2),
      [
        [3, 1],
        [6, 4],
      ],
    ],
    [
      'pad',
      () => x.pad(1, 1, 1, { mode: 'reflect' }),
      [
        [5, 1, 5, 3, 5],
        [2, 4, 2, 6, 2],
      ],
    ],
    [
      'flip',
      () => x.flip(0),
      [
        [4, 2, 6],
        [1, 5, 3],
      ],
    ],
    [
      'roll',
      () => x.roll(1, 1),
      [
        [3, 1, 5],
        [6, 4, 2],
      ],
    ],
    [
      'tile',
      () => x.slice(0, 0, 1).tile(2, 1),
      [
        [1, 5, 3],
        [1, 5, 3],
      ],
    ],
    ['repeatInterleave', () => x.repeatInterleave(2, 0).select(1, 0), [1, 1, 4, 4]],
    ['diagonal', () => x.diagonal(1), [5, 6]],
    [
      'triu',
      () => x.triu(),
      [
        [1, 5, 3],
        [0, 2, 6],
      ],
    ],
    [
      'tril',
      () => x.tril(),
      [
        [1, 0, 0],
        [4, 2, 0],
      ],
    ],
    ['movedim', () => x.movedim(0, 1).select(0, 0), [1, 4]],
    ['chunk', () => x.chunk(2, 1)[1]!, [[3], [6]]],
    ['unbind', () => x.unbind(0)[1]!, [4, 2, 6]],
    ['prod', () => x.prod(1), [15, 48]],
    ['var', () => x.var(1), [4, 4]],
    ['var without correction', () => x.var(0, { correction: 0, keepDims: true }), [[2.25, 2.25, 2.25]]],
    ['std', () => x.std(1), [2, 2]],
    ['norm', () => tensor([3, 4]).norm(), 5],
    ['norm over an axis', () => x.norm(1, 1, { keepDims: true }), [[9], [12]]],
    ['any', () => x.gt(5).any(1), [0, 1]],
    ['all', () => x.gt(1).all(1), [0, 1]],
    ['argmin', () => x.argmin(1), [0, 1]],
    [
      'cumsum',
      () => x.cumsum(1, { reverse: true }),
      [
        [9, 8, 3],
        [12, 8, 6],
      ],
    ],
    [
      'topk',
      () => x.topk(2).values,
      [
        [5, 3],
        [6, 4],
      ],
    ],
    ['places of topk', () => x.topk(1, 1, { largest: false }).indices, [[0], [1]]],
    [
      'sort',
      () => x.sort(1, { descending: true }).values,
      [
        [5, 3, 1],
        [6, 4, 2],
      ],
    ],
    [
      'argsort',
      () => x.argsort(),
      [
        [0, 2, 1],
        [1, 0, 2],
      ],
    ],
    ['gather', () => x.gather(1, tensor([[2], [0]], { dtype: 'int64' })), [[3], [4]]],
    ['takeAlongDim', () => x.takeAlongDim(tensor([[1]], { dtype: 'int64' }), 1), [[5], [2]]],
    [
      'scatter',
      () => x.scatter(1, tensor([[0], [1]], { dtype: 'int64' }), tensor([[9], [8]])),
      [
        [9, 5, 3],
        [4, 8, 6],
      ],
    ],
    [
      'scatterAdd',
      () =>
        x.scatterAdd(
          1,
          tensor(
            [
              [0, 0],
              [1, 1],
            ],
            { dtype: 'int64' },
          ),
          tensor([
            [1, 1],
            [2, 2],
          ]),
        ),
      [
        [3, 5, 3],
        [4, 6, 6],
      ],
    ],
    [
      'indexSelect',
      () => x.indexSelect(-1, tensor([2, 0], { dtype: 'int32' })),
      [
        [3, 1],
        [6, 4],
      ],
    ],
    [
      'index',
      () => x.index(':', '::2'),
      [
        [1, 3],
        [4, 6],
      ],
    ],
    [
      'index by a tensor',
      () => x.index('...', tensor([-1, 0], { dtype: 'int64' })),
      [
        [3, 1],
        [6, 4],
      ],
    ],
    ['index by a mask made from data', () => x.index(0, flags), [1, 3]],
    [
      'stack',
      () => stack([tensor([1, 2]), tensor([3, 4])], 1),
      [
        [1, 3],
        [2, 4],
      ],
    ],
    ['einsum', () => einsum('ij,ij->i', x, x), [35, 56]],
    ['interpolate', () => interpolate(tensor([[[1, 3]]]), { size: 3, mode: 'linear', alignCorners: true }), [[[1, 2, 3]]]],
  ])('%s', async (_, made, want) => {
    const got = await made().toArray();
    expect(JSON.stringify(got)).toBe(JSON.stringify(want));
  });
});

test('a mask that has to run first is refused', () => {
  expect(() => x.index(x.gt(2))).toThrowErrorMatchingInlineSnapshot(
    `[UnsupportedError: index: item 0 is a bool tensor that has to run first, so how many elements it takes is not known. Use where(mask, x, other), or give the mask as an array of booleans.]`,
  );
});

test('gradients flow through both sides', async () => {
  const a = tensor([1, 2], { requiresGrad: true });
  const b = tensor([3, 4], { requiresGrad: true });
  einsum('i,i->', a, b).backward();
  stack([a, b]).index(0, 1).backward();
  expect([await a.grad!.toArray(), await b.grad!.toArray()]).toEqual([
    [3, 5],
    [1, 2],
  ]);
});
