import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { ShapeError } from '../core/index.ts';
import { element, label, svgDocument, theme, widthOf } from './svg.ts';

/** The figures of one training run. Values that are not finite are gaps. */
export interface LossCurveData {
  /** The steps at which the training loss was logged. */
  readonly steps: ArrayLike<number>;
  /** The training loss at those steps. */
  readonly loss: ArrayLike<number>;
  readonly evalSteps?: ArrayLike<number>;
  /** The loss on held-out data at `evalSteps`. */
  readonly evalLoss?: ArrayLike<number>;
  /** The learning rate at `steps`, drawn in a strip below. */
  readonly learningRate?: ArrayLike<number>;
  /** Stands above the picture. */
  readonly title?: string;
  /** Stands under the title: the model, the data. */
  readonly subtitle?: string;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const size = { width: 760, plot: 300, strip: 56, left: 64, right: 32, top: 74, between: 40, bottom: 52 };
/** A scale by factors reads better where the largest loss is this many times the smallest. */
const logRatio = 50;

/**
 * The loss over the steps as a standalone SVG picture: the logged values faint, a smooth line over them, the loss on held-out
 * data as marked points. The vertical axis goes by factors where the values span more than a factor of 50.
 * @throws ShapeError when steps and values differ in number.
 */
export function lossCurve(data: LossCurveData): string {
  const training = points('loss', data.steps, data.loss);
  const evaluation = points('evalLoss', data.evalSteps ?? [], data.evalLoss ?? []);
  const rates = data.learningRate === undefined ? [] : points('learningRate', data.steps, data.learningRate);
  const values = [...training, ...evaluation].filter(isDrawn).map((point) => point.y);
  const [low, high] = extent(values);
  const isLog = low > 0 && high / low > logRatio;
  const smooth = smoothed(training, isLog);

  const hasStrip = rates.some(isDrawn);
  const plotBottom = size.top + size.plot;
  const stripTop = plotBottom + size.between;
  const axisBottom = hasStrip ? stripTop + size.strip : plotBottom;
  const height = axisBottom + size.bottom;
  const right = size.width - size.right;

  const x = scaleLinear(xDomain([...training, ...evaluation, ...rates]), [size.left, right]);
  const y = (isLog ? scaleLog : scaleLinear)(yDomain([low, high], isLog), [plotBottom, size.top]).nice();

  // Few enough ticks that their labels stand apart, and none between whole steps.
  const xTicks = x.ticks(8).filter(Number.isInteger);
  const yTicks = isLog ? logTicks(y.domain()) : y.ticks(6);
  const widest = Math.max(...yTicks.map(Math.abs));
  // The margin has room for about seven characters.
  const formatY = isLog ? formatNumber : y.tickFormat(6, widest >= 1e5 ? '~s' : widest < 1e-3 ? '~e' : undefined);
  const title = data.title ?? 'Loss';
  const path = (series: readonly Point[], to: (value: number) => number) =>
    line<Point>()
      .defined(isDrawn)
      .x((point) => x(point.x))
      .y((point) => to(point.y))
      .digits(2)(thinned(series)) ?? '';

  const parts = [
    label(title, size.left, 30, { 'font-size': 18, 'font-weight': 600 }),
    ...(data.subtitle === undefined ? [] : [label(data.subtitle, size.left, 51, { fill: theme.soft })]),
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
  ];

  const hasLine = smooth.length > 1;
  const faint = { fill: 'none', stroke: theme.blue, 'stroke-width': 1, 'stroke-opacity': 0.3, 'stroke-linejoin': 'round' };
  const strong = {
    fill: 'none',
    stroke: theme.blue,
    'stroke-width': 2.2,
    'stroke-linejoin': 'round',
    'stroke-linecap': 'round',
  };
  if (hasLine) parts.push(element('path', { class: 'logged', d: path(training, y), ...faint }));
  if (hasLine) parts.push(element('path', { class: 'smooth', d: path(smooth, y), ...strong }));
  // A value between two gaps has no line to lie on.
  for (const point of lonely(training))
    parts.push(element('circle', { class: 'alone', cx: x(point.x), cy: y(point.y), r: 3, fill: theme.blue }));
  if (evaluation.length > 0) {
    parts.push(
      element('path', {
        class: 'evaluation',
        d: path(evaluation, y),
        fill: 'none',
        stroke: theme.orange,
        'stroke-width': 1.5,
        'stroke-dasharray': '5 4',
      }),
    );
    for (const point of evaluation.filter(isDrawn)) {
      parts.push(
        element('circle', {
          cx: x(point.x),
          cy: y(point.y),
          r: 4,
          fill: theme.background,
          stroke: theme.orange,
          'stroke-width': 2,
        }),
      );
    }
  }
  if (hasStrip) parts.push(...rateStrip(rates, path, { top: stripTop, bottom: axisBottom, right }));
  if (values.length === 0) {
    parts.push(
      label('no values', (size.left + right) / 2, size.top + size.plot / 2, { 'text-anchor': 'middle', fill: theme.soft }),
    );
  }
  parts.push(legend(hasLine, evaluation.length > 0, right));
  return svgDocument(size.width, height, { title, description: describe(training, evaluation) }, parts);
}

function points(name: string, steps: ArrayLike<number>, values: ArrayLike<number>): Point[] {
  if (steps.length !== values.length) {
    throw new ShapeError(`lossCurve: ${name} has ${values.length} values for ${steps.length} steps; each step needs one.`);
  }
  return Array.from(steps, (x, i) => ({ x, y: values[i]! })).filter((point) => Number.isFinite(point.x));
}

function isDrawn(point: Point): boolean {
  return Number.isFinite(point.y);
}

/** Points with a gap, or nothing, on both sides. */
function lonely(series: readonly Point[]): Point[] {
  const isThere = (i: number) => series[i] !== undefined && isDrawn(series[i]);
  return series.filter((_, i) => isThere(i) && !isThere(i - 1) && !isThere(i + 1));
}

/**
 * A moving average over a fiftieth of the points to each side, weighted by a triangle, so that it does not lag behind as an
 * exponential one does. Gaps stay gaps.
 */
function smoothed(series: readonly Point[], isLog: boolean): Point[] {
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

function formatNumber(value: number, digits = 6): string {
  const magnitude = Math.abs(value);
  if (value === 0) return '0';
  return magnitude >= 1e4 || magnitude < 1e-3
    ? value.toExponential(0).replace('e+', 'e')
    : String(Number(value.toPrecision(digits)));
}

/** A learning rate: three digits, as it is written on command lines. */
function formatRate(value: number): string {
  const text = value
    .toExponential(2)
    .replace('e+', 'e')
    .replace(/\.?0+e/, 'e');
  return Math.abs(value) < 1e-2 && value !== 0 ? text : formatNumber(value);
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

/** The learning rate below the losses, from zero to its highest, which is written beside it. */
function rateStrip(
  rates: readonly Point[],
  path: (series: readonly Point[], to: (value: number) => number) => string,
  { top, bottom, right }: { top: number; bottom: number; right: number },
): string[] {
  const most = rates.filter(isDrawn).reduce((highest, { y }) => Math.max(highest, y), 0);
  const y = scaleLinear([0, most || 1], [bottom, top]);
  const side = { 'text-anchor': 'end', 'font-size': 12, fill: theme.soft };
  return [
    element('line', { x1: size.left, x2: right, y1: top, y2: top, stroke: theme.grid }),
    element('line', { x1: size.left, x2: right, y1: bottom, y2: bottom, stroke: theme.axis }),
    label(formatRate(most), size.left - 8, top + 4, side),
    label('0', size.left - 8, bottom + 4, side),
    label('learning rate', size.left, top - 8, { 'font-size': 12, fill: theme.soft }),
    element('path', { class: 'rate', d: path(rates, y), fill: 'none', stroke: theme.green, 'stroke-width': 1.8 }),
  ];
}

function legend(hasLine: boolean, hasEvaluation: boolean, right: number): string {
  const entries = [
    ...(hasLine ? [{ text: 'training', stroke: theme.blue, isMarked: false }] : []),
    ...(hasEvaluation ? [{ text: 'held-out', stroke: theme.orange, isMarked: true }] : []),
  ];
  let x = right;
  const marks = entries.reverse().flatMap(({ text, stroke, isMarked }) => {
    x -= widthOf(text, 13);
    const start = x - 34;
    const drawn = [
      element('line', {
        x1: start,
        x2: start + 26,
        y1: 26,
        y2: 26,
        stroke,
        'stroke-width': isMarked ? 1.5 : 2.2,
        'stroke-dasharray': isMarked ? '5 4' : undefined,
      }),
      ...(isMarked
        ? [element('circle', { cx: start + 13, cy: 26, r: 4, fill: theme.background, stroke, 'stroke-width': 2 })]
        : []),
      label(text, x, 30),
    ];
    x = start - 18;
    return drawn;
  });
  return element('g', { class: 'legend' }, marks.join(''));
}

function describe(training: readonly Point[], evaluation: readonly Point[]): string {
  const told = (name: string, series: readonly Point[]) => {
    const drawn = series.filter(isDrawn);
    const [first, last] = [drawn[0], drawn.at(-1)];
    if (first === undefined || last === undefined) return [];
    const gaps = series.length - drawn.length;
    const broken = gaps === 0 ? '' : `, with ${gaps} values that are not finite`;
    return [
      `${name} loss from ${formatNumber(first.y, 4)} at step ${first.x} to ${formatNumber(last.y, 4)} at step ${last.x}${broken}.`,
    ];
  };
  return [...told('Training', training), ...told('Held-out', evaluation)].join(' ') || 'No values.';
}
