import { cases } from '../../test/support/cases.ts';
import { at, build, type Plain } from '../../test/support/reference.ts';
import { integers, normal, zeros } from '../../test/support/samples.ts';
import { type PadMode, padWith } from './padding.ts';

/** The position that a place beside an axis shows, or null for the value. */
function shown(place: number, length: number, mode: PadMode): number | null {
  if (place >= 0 && place < length) return place;
  if (mode === 'constant') return null;
  if (mode === 'replicate') return place < 0 ? 0 : length - 1;
  if (mode === 'circular') return (place + length) % length;
  return place < 0 ? -place : 2 * (length - 1) - place;
}

export const padWithCases = cases(
  padWith,
  {
    inputs: ['x'],
    torch: 'F.pad',
    reference: ({
      x,
      axis,
      before,
      after,
      mode = 'constant',
      value = 0,
    }: {
      x: Plain;
      axis: number;
      before: number;
      after: number;
      mode?: PadMode;
      value?: number;
    }) => {
      const along = axis < 0 ? axis + x.shape.length : axis;
      const length = x.shape[along]!;
      return build(x.shape.with(along, length + before + after), (place) => {
        const position = shown(place[along]! - before, length, mode);
        return position === null ? value : at(x, place.with(along, position));
      });
    },
    tolerance: 'exact',
  },
  [
    { x: normal(3), axis: 0, before: 1, after: 2 },
    { x: normal(3), axis: 0, before: 1, after: 2, value: 1.5 },
    { x: normal(2, 4), axis: -1, before: 3, after: 2, mode: 'reflect' },
    { x: normal(2, 4), axis: 1, before: 1, after: 1, mode: 'reflect', note: 'one on each side' },
    { x: normal(4), axis: 0, before: 0, after: 3, mode: 'reflect', note: 'as far as it goes' },
    { x: normal(2, 3), axis: 0, before: 2, after: 1, mode: 'replicate' },
    { x: normal(1, 3), axis: 0, before: 2, after: 1, mode: 'replicate', note: 'an axis of length 1' },
    { x: normal(2, 3, 2), axis: 1, before: 3, after: 2, mode: 'circular' },
    { x: integers(0, 9, 4), axis: 0, before: 2, after: 0, mode: 'circular' },
    {
      x: zeros(3),
      axis: 0,
      before: 3,
      after: 0,
      mode: 'reflect',
      throws: /mode is reflect and before is 3; on axis 0 .* 0 to 2/,
    },
    {
      x: zeros(3),
      axis: 0,
      before: 0,
      after: 4,
      mode: 'circular',
      throws: /after is 4; on axis 0 it must be a whole number from 0 to 3/,
    },
    { x: zeros(3), axis: 0, before: -1, after: 4, mode: 'replicate', throws: /before is -1/ },
  ],
);
