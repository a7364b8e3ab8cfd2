import { ConfigError } from '../core/index.ts';
import { heading, isDrawn, lossFrame, points, size, smoothed } from './loss-frame.ts';
import { element, label, svgDocument, theme, widthOf } from './svg.ts';

/** One way of training, and the runs that were made in it. */
export interface LossSeries {
  /** Stands in the legend. */
  readonly name: string;
  /** The steps of each run at which its loss was logged, and the loss there. Values that are not finite are gaps. */
  readonly runs: readonly { readonly steps: ArrayLike<number>; readonly loss: ArrayLike<number> }[];
}

/** What `lossComparison` draws. */
export interface LossComparisonData {
  /** From one to three. */
  readonly series: readonly LossSeries[];
  /** Stands above the picture. Default `Loss`. */
  readonly title?: string;
  /** Stands under the title. */
  readonly subtitle?: string;
}

const colours = [theme.blue, theme.orange, theme.green];

/**
 * The losses of several ways of training in one standalone SVG picture: a smooth line for each run, a colour for each way, so
 * that one sees whether the ways differ by more than their runs do.
 * @throws ConfigError for no series or more than three. @throws ShapeError when steps and values differ in number.
 */
export function lossComparison({ series, title = 'Loss', subtitle }: LossComparisonData): string {
  if (series.length < 1 || series.length > colours.length)
    throw new ConfigError(
      `lossComparison: there are ${series.length} series; one to ${colours.length} can be told apart by their colours.`,
    );
  const runs = series.flatMap(({ name, runs }, i) =>
    runs.map(({ steps, loss }) => ({ stroke: colours[i]!, points: points('lossComparison', name, steps, loss) })),
  );
  const frame = lossFrame(runs.flatMap((run) => run.points));
  const lines = runs.map((run) =>
    element('path', {
      class: 'run',
      d: frame.path(smoothed(run.points, frame.isLog)),
      fill: 'none',
      stroke: run.stroke,
      'stroke-width': 1.5,
      'stroke-opacity': 0.75,
      'stroke-linejoin': 'round',
    }),
  );
  const ends = series.map(({ name }, i) => {
    const own = runs.filter(({ stroke }) => stroke === colours[i]).flatMap((run) => run.points.filter(isDrawn).slice(-1));
    const last = own.map(({ y }) => Number(y.toPrecision(4))).join(', ');
    return `${name}: ${own.length} ${own.length === 1 ? 'run' : 'runs'}${own.length > 0 ? `, last losses ${last}` : ''}.`;
  });
  const parts = [...heading(title, subtitle), ...frame.axes(frame.plotBottom), ...lines, legend(series, frame.right)];
  return svgDocument(size.width, frame.plotBottom + size.bottom, { title, description: ends.join(' ') }, parts);
}

function legend(series: readonly LossSeries[], right: number): string {
  let x = right;
  const marks = [...series.keys()].reverse().flatMap((i) => {
    const { name } = series[i]!;
    x -= widthOf(name, 13);
    const start = x - 34;
    const drawn = [
      element('line', { x1: start, x2: start + 26, y1: 26, y2: 26, stroke: colours[i]!, 'stroke-width': 2.2 }),
      label(name, x, 30),
    ];
    x = start - 18;
    return drawn;
  });
  return element('g', { class: 'legend' }, marks.join(''));
}
