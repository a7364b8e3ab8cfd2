import { scaleLinear } from 'd3-scale';
import { formatNumber, heading, isDrawn, type LossFrame, lossFrame, type Point, points, size, smoothed } from './loss-frame.ts';
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

/**
 * The loss over the steps as a standalone SVG picture: the logged values faint, a smooth line over them, the loss on held-out
 * data as marked points. The vertical axis goes by factors where the values span more than a factor of 50.
 * @throws ShapeError when steps and values differ in number.
 */
export function lossCurve(data: LossCurveData): string {
  const training = points('lossCurve', 'loss', data.steps, data.loss);
  const evaluation = points('lossCurve', 'evalLoss', data.evalSteps ?? [], data.evalLoss ?? []);
  const rates = data.learningRate === undefined ? [] : points('lossCurve', 'learningRate', data.steps, data.learningRate);
  const frame = lossFrame([...training, ...evaluation], rates);
  const { x, y, path, right, plotBottom } = frame;
  const smooth = smoothed(training, frame.isLog);
  const hasStrip = rates.some(isDrawn);
  const stripTop = plotBottom + size.between;
  const axisBottom = hasStrip ? stripTop + size.strip : plotBottom;
  const height = axisBottom + size.bottom;
  const title = data.title ?? 'Loss';
  const parts = [...heading(title, data.subtitle), ...frame.axes(axisBottom)];

  const hasLine = smooth.length > 1;
  const faint = { fill: 'none', stroke: theme.blue, 'stroke-width': 1, 'stroke-opacity': 0.3, 'stroke-linejoin': 'round' };
  const strong = {
    fill: 'none',
    stroke: theme.blue,
    'stroke-width': 2.2,
    'stroke-linejoin': 'round',
    'stroke-linecap': 'round',
  };
  if (hasLine) parts.push(element('path', { class: 'logged', d: path(training), ...faint }));
  if (hasLine) parts.push(element('path', { class: 'smooth', d: path(smooth), ...strong }));
  // A value between two gaps has no line to lie on.
  for (const point of lonely(training))
    parts.push(element('circle', { class: 'alone', cx: x(point.x), cy: y(point.y), r: 3, fill: theme.blue }));
  if (evaluation.length > 0) {
    parts.push(
      element('path', {
        class: 'evaluation',
        d: path(evaluation),
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
  if (![...training, ...evaluation].some(isDrawn)) {
    parts.push(
      label('no values', (size.left + right) / 2, size.top + size.plot / 2, { 'text-anchor': 'middle', fill: theme.soft }),
    );
  }
  parts.push(legend(hasLine, evaluation.length > 0, right));
  return svgDocument(size.width, height, { title, description: describe(training, evaluation) }, parts);
}

/** Points with a gap, or nothing, on both sides. */
function lonely(series: readonly Point[]): Point[] {
  const isThere = (i: number) => series[i] !== undefined && isDrawn(series[i]);
  return series.filter((_, i) => isThere(i) && !isThere(i - 1) && !isThere(i + 1));
}

/** A learning rate: three digits, as it is written on command lines. */
function formatRate(value: number): string {
  const text = value
    .toExponential(2)
    .replace('e+', 'e')
    .replace(/\.?0+e/, 'e');
  return Math.abs(value) < 1e-2 && value !== 0 ? text : formatNumber(value);
}

/** The learning rate below the losses, from zero to its highest, which is written beside it. */
function rateStrip(
  rates: readonly Point[],
  path: LossFrame['path'],
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
