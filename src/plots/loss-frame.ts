import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { ShapeError } from '../core/index.ts';
import { element, label, theme } from './svg.ts';

/** A value at a step; gaps are values that are not finite. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where things stand in a picture of losses, in pixels. */
export const size = { width: 760, plot: 300, strip: 56, left: 64, right: 32, top: 74, between: 40, bottom: 52 };
/** A scale by factors reads better where the largest loss is this many times the smallest. */
const logRatio = 50;

/** The axes of a plot of losses for some points, and the way from a point to its place. */
export interface LossFrame {
  readonly isLog: boolean;
  readonly right: number;
  readonly plotBottom: number;
  readonly x: (step: number) => number;
  readonly y: (loss: number) => number;
  /** The outline of a line through points, broken at gaps. */
  path(series: readonly Point[], to?: (value: number) => number): string;
  /** The lines of the axes with what is written on them; the steps stand below `axisBottom`. */
  axes(axisBottom: number): string[];
}

/** The frame in which `drawn` has its place; `alongside` are further points that count for the steps only. */
export function lossFrame(drawn: readonly Point[], alongside: readonly Point[] = []): LossFrame {
  const [low, high] = extent(drawn.filter(isDrawn).map((point) => point.y));
  const isLog = low > 0 && high / low > logRatio;
  const plotBottom = size.top + size.plot;
  const right = size.width - size.right;
  const x = scaleLinear(xDomain([...drawn, ...alongside]), [size.left, right]);
  const y = (isLog ? scaleLog : scaleLinear)(yDomain([low, high], isLog), [plotBottom, size.top]).nice();
  // Few enough ticks that their labels stand apart, and none between whole steps.
  const xTicks = x.ticks(8).filter(Number.isInteger);
  const yTicks = isLog ? logTicks(y.domain()) : y.ticks(6);
  const widest = Math.max(...yTicks.map(Math.abs));
  // The margin has room for about seven characters.
  const formatY = isLog ? formatNumber : y.tickFormat(6, widest >= 1e5 ? '~s' : widest < 1e-3 ? '~e' : undefined);
  return {
    isLog,
    right,
    plotBottom,
    x,
    y,
    path: (series, to = y) =>
      line<Point>()
        .defined(isDrawn)
        .x((point) => x(point.x))
        .y((point) => to(point.y))
        .digits(2)(thinned(series)) ?? '',
    axes: (axisBottom) => [
      ...yTicks.flatMap((tick) => [
        element('line', { x1: size.left, x2: right, y1: y(tick), y2: y(tick), stroke: theme.grid }),
        label(formatY(tick), size.left - 8, y(tick) + 4, { 'text-anchor': 'end', 'font-size': 12, fill: theme.soft }),
      ]),
      ...xAxis(xTicks, x, axisBottom),
      element('line', { x1: size.left, x2: right, y1: plotBottom, y2: plotBottom, stroke: theme.axis }),
      label(isLog ? 'loss (nats, log scale)' : 'loss (nats)', 18, size.top + size.plot / 2, {
        transform: `rotate(-90 18 ${size.top + size.plot / 2})`,
        'text-anchor': 'middle',
        fill: theme.soft,
      }),
    ],
  };
}

/** The title and the line under it. */
export function heading(title: string, subtitle: string | undefined): string[] {
  return [
    label(title, size.left, 30, { 'font-size': 18, 'font-weight': 600 }),
    ...(subtitle === undefined ? [] : [label(subtitle, size.left, 51, { fill: theme.soft })]),
  ];
}

export function points(speaker: string, name: string, steps: ArrayLike<number>, values: ArrayLike<number>): Point[] {
  if (steps.length !== values.length) {
    throw new ShapeError(`${speaker}: ${name} has ${values.length} values for ${steps.length} steps; each step needs one.`);
  }
  return Array.from(steps, (x, i) => ({ x, y: values[i]! })).filter((point) => Number.isFinite(point.x));
}

export function isDrawn(point: Point): boolean {
  return Number.isFinite(point.y);
}

/**
 * A moving average over a fiftieth of the points to each side, weighted by a triangle, so that it does not lag behind as an
 * exponential one does. Gaps stay gaps.
 */
export function smoothed(series: readonly Point[], isLog: boolean): Point[] {
  if (series.length < 12) return [...series];
  // On a logarithmic axis a mean of the values would hang on the largest; there it is the mean of the logarithms.
  const [into, back] = isLog ? [Math.log, Math.exp] : [Number, Number];
  // More groups than the picture has columns would only cost time.
  const groupSize = Math.ceil(series.length / 1500);
  const points = Array.from({ length: Math.ceil(series.length / groupSize) }, (_, i) => {
    const group = series.slice(i * groupSize, (i + 1) * groupSize).filter(isDrawn);
    const middle = group[group.length >> 1] ?? series[i * groupSize]!;
    return { x: middle.x, y: group.reduce((sum, { y }) => sum + into(y), 0) / group.length };
  });
  const reach = Math.max(1, Math.round(points.length / 50));
  return points.map((point, i) => {
    if (!isDrawn(point)) return point;
    let sum = 0;
    let weights = 0;
    for (let offset = -reach; offset <= reach; offset++) {
      const near = points[i + offset];
      if (near === undefined || !isDrawn(near)) continue;
      const weight = reach + 1 - Math.abs(offset);
      sum += near.y * weight;
      weights += weight;
    }
    return { x: point.x, y: back(sum / weights) };
  });
}

/** At most about `limit` points that look the same when drawn: of each group the lowest, the highest, and a gap if it has one. */
function thinned(series: readonly Point[], limit = 1200): readonly Point[] {
  if (series.length <= limit) return series;
  const size = Math.ceil((series.length / limit) * 3);
  const kept: Point[] = [];
  for (let start = 0; start < series.length; start += size) {
    const group = series.slice(start, start + size);
    const drawn = group.filter(isDrawn);
    const [low, high] = extent(drawn.map((point) => point.y));
    const chosen = [
      drawn.find(({ y }) => y === low),
      drawn.find(({ y }) => y === high),
      group.find((point) => !isDrawn(point)),
    ];
    kept.push(...group.filter((point) => chosen.includes(point)));
  }
  return kept;
}

/** The least and the largest value; infinite, the wrong way round, where there are none. */
function extent(values: readonly number[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

function xDomain(series: readonly Point[]): [number, number] {
  const [low, high] = extent(series.map((point) => point.x));
  if (low > high) return [0, 1];
  const first = Math.min(0, low);
  return high > first ? [first, high] : [first, first + 1];
}

function yDomain([low, high]: readonly [number, number], isLog: boolean): [number, number] {
  if (low > high) return [0, 1];
  if (isLog) return [low, high];
  // Losses are read against zero.
  const bottom = Math.min(0, low);
  return high > bottom ? [bottom, high] : [bottom - 1, bottom + 1];
}

/** One tick a power of ten, with 2 and 5 between where there are few powers. */
function logTicks([low, high]: number[]): number[] {
  const from = Math.floor(Math.log10(low!));
  const to = Math.ceil(Math.log10(high!));
  const stride = Math.max(1, Math.ceil((to - from) / 8));
  const steps = to - from <= 2 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = from; power <= to; power += stride) for (const step of steps) ticks.push(step * 10 ** power);
  return ticks.filter((tick) => tick >= low! * 0.999 && tick <= high! * 1.001);
}

export function formatNumber(value: number, digits = 6): string {
  const magnitude = Math.abs(value);
  if (value === 0) return '0';
  return magnitude >= 1e4 || magnitude < 1e-3
    ? value.toExponential(0).replace('e+', 'e')
    : String(Number(value.toPrecision(digits)));
}

function xAxis(ticks: readonly number[], x: (step: number) => number, bottom: number): string[] {
  return [
    ...ticks.flatMap((tick) => [
      element('line', { x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 5, stroke: theme.axis }),
      label(tick.toLocaleString('en'), x(tick), bottom + 20, { 'text-anchor': 'middle', 'font-size': 12, fill: theme.soft }),
    ]),
    label('step', (size.left + size.width - size.right) / 2, bottom + 42, { 'text-anchor': 'middle', fill: theme.soft }),
  ];
}
