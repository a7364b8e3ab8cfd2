import { expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatFigure } from './format.ts';

it('writes durations as a clock does', () => {
  expect([0, 7.9, 65, 725, 3753, 2 * 86400 + 10800, 86400].map(formatDuration)).toEqual([
    '0:00',
    '0:07',
    '1:05',
    '12:05',
    '1:02:33',
    '2 days 3:00:00',
    '1 day 0:00:00',
  ]);
  expect(formatDuration(Number.NaN)).toBe('?');
  expect(formatDuration(Number.POSITIVE_INFINITY)).toBe('?');
});

it('writes sizes and rates to three digits', () => {
  expect([0, 812, 999.6, 12_345_678, 89_000_000].map(formatBytes)).toEqual(['0 B', '812 B', '1 kB', '12.3 MB', '89 MB']);
  expect([0.0123, 0.5, 4.214, 87.26, 873, 999, 5230, 999_700, 1_200_000].map(formatCount)).toEqual([
    '0.012',
    '0.5',
    '4.21',
    '87.3',
    '873',
    '999',
    '5.23k',
    '1M',
    '1.2M',
  ]);
  expect(formatCount(-5230)).toBe('-5.23k');
});

it('writes figures so that their width stays calm', () => {
  expect([0.31206, 2.5, 12.34567, 312.06, 5e-5, 0, 3, 1.5e9, -0.31206].map(formatFigure)).toEqual([
    '0.3121',
    '2.500',
    '12.35',
    '312.1',
    '5.00e-5',
    '0',
    '3',
    '1.50e+9',
    '-0.3121',
  ]);
  expect(formatFigure(Number.NaN)).toBe('NaN');
  expect(formatFigure('warm-up')).toBe('warm-up');
});
