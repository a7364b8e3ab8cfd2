import { scaleLinear } from 'd3-scale';
import { ShapeError } from '../core/index.ts';
import { cut, element, escapeXml, label, round, svgDocument, theme, widthOf } from './svg.ts';

/** Which classes were taken for which. */
export interface ConfusionMatrixData {
  readonly labels: readonly string[];
  /** `counts[i][j]`: how many examples of class i were taken for class j. */
  readonly counts: readonly ArrayLike<number>[];
  /** Stands above the picture. */
  readonly title?: string;
  /** Stands under the title: the model, the data. */
  readonly subtitle?: string;
}

const most = { matrix: 560, cell: 120, label: 190 };
const least = { cell: 9, text: 30, figures: 44 };
const margin = 28;

/**
 * A confusion matrix as a standalone SVG picture: the true classes as rows, what they were taken for as columns. A cell is as dark
 * as its share of its row, and says the count and that share.
 * @throws ShapeError when the counts are not a square with a row and a column for each label.
 */
export function confusionMatrix({ labels, counts, title = 'Confusion matrix', subtitle }: ConfusionMatrixData): string {
  const n = labels.length;
  if (n === 0) throw new ShapeError('confusionMatrix: labels is empty; at least one class is needed.');
  if (counts.length !== n || counts.some((row) => row.length !== n)) {
    const shape = `[${counts.length}, ${[...new Set(counts.map((row) => row.length))].join(' or ')}]`;
    throw new ShapeError(`confusionMatrix: counts is ${shape} for ${n} labels; it must have a row and a column for each.`);
  }
  const rows = counts.map((row) => Array.from(row));
  const totals = rows.map((row) => row.reduce((sum, count) => sum + count, 0));
  const cell = Math.max(least.cell, Math.min(most.cell, Math.floor(most.matrix / n)));
  const extent = cell * n;
  const fontSize = Math.max(8, Math.min(13, cell * 0.8));
  const names = labels.map((text) => cut(text, most.label, fontSize));
  const longest = Math.max(...names.map((text) => widthOf(text, fontSize)));
  // Columns are named level where the names fit over them, else at a slant, and from below where that would be too tight.
  const angle = longest <= cell - 8 ? 0 : cell >= 20 ? 45 : 90;
  const left = margin + 30 + longest + 10;
  const rise = longest * Math.sin((angle * Math.PI) / 180);
  const top = 100 + (angle === 0 ? 14 : rise + 12);
  // A slanted name leans out over the last column.
  const lean = angle === 45 ? Math.max(0, rise - cell / 2) : 0;
  const titleWidth = Math.max(widthOf(title, 18), widthOf(subtitle ?? '', 13)) + 2 * margin;
  const width = Math.max(left + extent + lean + margin, titleWidth, 320);
  const height = top + extent + 56;

  // From almost white past the blue of the theme; ever darker, so that it also reads in grey.
  const shade = scaleLinear<string>([0, 0.4, 0.75, 1], ['#f4f8fb', '#8fc0de', '#1f7fb8', '#005b8f']).clamp(true);
  const parts = [
    label(title, margin, 36, { 'font-size': 18, 'font-weight': 600 }),
    ...(subtitle === undefined ? [] : [label(subtitle, margin, 57, { fill: theme.soft })]),
    label('predicted class', left + extent / 2, 84, { 'text-anchor': 'middle', fill: theme.soft }),
    label('true class', margin + 8, top + extent / 2, {
      'text-anchor': 'middle',
      fill: theme.soft,
      transform: `rotate(-90 ${margin + 8} ${top + extent / 2})`,
    }),
  ];
  names.forEach((name, i) => {
    parts.push(
      label(name, left - 10, top + (i + 0.5) * cell + fontSize * 0.35, { 'text-anchor': 'end', 'font-size': fontSize }),
      columnName(name, left + (i + 0.5) * cell, top - 9, { angle, fontSize }),
    );
  });
  // In a large matrix most cells are empty; one field behind them all keeps the file small.
  const isSparse = cell < least.text;
  if (isSparse) parts.push(element('rect', { x: left, y: top, width: extent, height: extent, fill: shade(0) }));
  rows.forEach((row, i) => {
    row.forEach((count, j) => {
      if (isSparse && count === 0) return;
      const share = totals[i]! > 0 ? count / totals[i]! : 0;
      parts.push(
        drawCell({
          x: left + j * cell,
          y: top + i * cell,
          cell,
          count,
          share,
          isEmpty: totals[i] === 0,
          fill: shade(share),
          tip: `${labels[i]} predicted as ${labels[j]}`,
        }),
      );
    });
  });
  const all = totals.reduce((sum, total) => sum + total, 0);
  const right = rows.reduce((sum, row, i) => sum + row[i]!, 0);
  const summary = `${count(right)} of ${count(all)} right${all > 0 ? ` (${percent(right / all)})` : ''}; percentages are of each row`;
  parts.push(label(summary, left, top + extent + 28, { 'font-size': 12, fill: theme.soft }));
  const description = `${summary}. ${labels.map((name, i) => `${name}: ${count(rows[i]![i]!)} of ${count(totals[i]!)} right.`).join(' ')}`;
  return svgDocument(Math.max(width, left + widthOf(summary, 12) + margin), height, { title, description }, parts);
}

function columnName(name: string, x: number, y: number, { angle, fontSize }: { angle: number; fontSize: number }): string {
  if (angle === 0) return label(name, x, y, { 'text-anchor': 'middle', 'font-size': fontSize });
  // Turned text stands on its baseline, so its middle has to be moved over the column's.
  const start = x + fontSize * 0.35;
  return label(name, start, y, { 'font-size': fontSize, transform: `rotate(${-angle} ${round(start)} ${round(y)})` });
}

function count(value: number): string {
  return value.toLocaleString('en');
}

/** A share in percent. What is not quite all or nothing is not written as if it were. */
function percent(share: number): string {
  const text = `${(share * 100).toFixed(1)}%`;
  if (share < 1 && text === '100.0%') return '>99.9%';
  if (share > 0 && text === '0.0%') return '<0.1%';
  return text.replace('.0%', '%');
}

interface Cell {
  readonly x: number;
  readonly y: number;
  readonly cell: number;
  readonly count: number;
  readonly share: number;
  readonly isEmpty: boolean;
  readonly fill: string;
  readonly tip: string;
}

function drawCell({ x, y, cell, count: value, share, isEmpty, fill, tip }: Cell): string {
  const gap = cell > 20 ? 2 : 0.5;
  const box = element('rect', {
    x: x + gap / 2,
    y: y + gap / 2,
    width: cell - gap,
    height: cell - gap,
    rx: cell > 30 ? 4 : 0,
    fill,
  });
  const ink = share > 0.65 ? '#ffffff' : value === 0 ? theme.axis : theme.ink;
  const middle = { 'text-anchor': 'middle', fill: ink };
  const figure = count(value);
  const size = Math.min(20, cell * 0.27, (cell - 8) / Math.max(1, figure.length * 0.7));
  const hasPercent = cell >= least.figures && !isEmpty;
  const texts: string[] = [];
  if (cell >= least.text)
    texts.push(
      label(figure, x + cell / 2, y + cell / 2 + (hasPercent ? 0 : size * 0.36), {
        ...middle,
        'font-size': size,
        'font-weight': 600,
      }),
    );
  if (hasPercent) {
    const small = Math.min(12, cell * 0.2);
    texts.push(label(percent(share), x + cell / 2, y + cell / 2 + size * 0.2 + small, { ...middle, 'font-size': small }));
  }
  // The browser shows a cell's own title under the pointer; in a small cell it is the only place for its count.
  const title = element('title', {}, escapeXml(`${tip}: ${figure}${isEmpty ? '' : `, ${percent(share)}`}`));
  return element('g', { class: 'cell' }, title + box + texts.join(''));
}
