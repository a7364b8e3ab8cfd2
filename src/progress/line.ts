import { textWidth } from '../core/index.ts';
import type { Count } from './count.ts';
import { type Styles, styles } from './output.ts';
import { truncate } from './text.ts';

/** What a drawn line may use. */
export interface LineStyle {
  /** Columns it may take. */
  readonly width: number;
  readonly colored?: boolean;
  readonly unicode?: boolean;
}

const gap = '  ';
const barWidths = { least: 8, most: 28 };

interface Piece {
  readonly text: string;
  readonly paint: keyof Styles | undefined;
}

/**
 * One bar as one line that fits: label, bar, count, percent, figures, speed, time. Where room is short the bar goes first,
 * then the figures from the last, then the speed and the percent; what is left is cut.
 */
export function drawLine(count: Count, { width, colored = false, unicode = true }: LineStyle): string {
  const label: Piece = { text: count.label, paint: 'bold' };
  const counted: Piece = { text: count.counted, paint: undefined };
  const percent: Piece[] = count.share === undefined ? [] : [{ text: `${Math.floor(count.share * 100)}%`, paint: undefined }];
  const pace: Piece[] = count.pace === undefined ? [] : [{ text: count.pace, paint: undefined }];
  const clock: Piece = { text: count.clock, paint: 'dim' };
  const figures: Piece[] = count.figures.map((text) => ({ text, paint: 'cyan' }));
  const all = () => [label, counted, ...percent, ...figures, ...pace, clock];

  const widthOf = (pieces: Piece[]) => textWidth(pieces.map((piece) => piece.text).join(gap));
  while (widthOf(all()) > width && figures.length > 1) figures.pop();
  for (const part of [pace, percent, figures]) if (widthOf(all()) > width) part.pop();

  const paints = styles(colored);
  const paint = (piece: Piece) => (piece.paint === undefined ? piece.text : paints[piece.paint](piece.text));
  if (widthOf(all()) > width) return truncate([label, counted].map((piece) => piece.text).join(gap), width);

  const room = Math.min(barWidths.most, width - widthOf(all()) - gap.length);
  const rest = all().slice(1).map(paint);
  const bar = count.share === undefined || room < barWidths.least ? [] : [drawBar(count.share, room, paints, unicode)];
  return [paint(label), ...bar, ...rest].join(gap);
}

/** A bar of `width` columns. */
function drawBar(share: number, width: number, { green, dim }: Styles, unicode: boolean): string {
  const done = Math.floor(share * width);
  const [full, empty] = unicode ? ['━', '─'] : ['#', '-'];
  return green(full.repeat(done)) + dim(empty.repeat(width - done));
}
