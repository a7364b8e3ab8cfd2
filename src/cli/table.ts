import { textWidth } from '../core/index.ts';
import { padEnd, padStart, type Styles, styles, truncate } from '../progress/index.ts';

/** One column of a table. */
export interface Column {
  readonly head: string;
  /** Numbers stand to the right. */
  readonly align?: 'left' | 'right';
}

/** How a table is drawn. */
export interface TableStyle {
  /** Columns of the terminal; left-aligned cells are cut so that the table fits, the widest first. Unlimited unless told. */
  readonly width?: number;
  readonly colored?: boolean;
  readonly unicode?: boolean;
}

const gap = '  ';
const leastCell = 4;

/**
 * Rows of cells as aligned lines, each ended, under a head and a rule. A row that is null is a rule.
 * Korean, Chinese and Japanese characters count as the two columns that they take.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[] | null)[],
  { width = Number.POSITIVE_INFINITY, colored = false, unicode = true }: TableStyle = {},
): string {
  const paint: Styles = styles(colored);
  const heads = columns.map((column) => column.head);
  const widths = columns.map((_, i) => Math.max(...[heads, ...rows].map((cells) => textWidth(cells?.[i] ?? ''))));
  shrink(widths, columns, width);

  const rule = paint.dim(
    (unicode ? '─' : '-').repeat(widths.reduce((sum, each) => sum + each, gap.length * (columns.length - 1))),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align = 'left' }, i) => {
        const cell = truncate(cells[i] ?? '', widths[i]!);
        return align === 'right' ? padStart(cell, widths[i]!) : padEnd(cell, widths[i]!);
      })
      .join(gap)
      .trimEnd();
  return [paint.bold(line(heads)), rule, ...rows.map((cells) => (cells === null ? rule : line(cells)))]
    .map((text) => `${text}\n`)
    .join('');
}

/** Narrows the widest left-aligned column, again and again, until the table fits or cannot. */
function shrink(widths: number[], columns: readonly Column[], width: number): void {
  const total = () => widths.reduce((sum, each) => sum + each, gap.length * (columns.length - 1));
  while (total() > width) {
    let widest = -1;
    columns.forEach(({ align = 'left' }, i) => {
      if (align === 'left' && widths[i]! > leastCell && (widest < 0 || widths[i]! > widths[widest]!)) widest = i;
    });
    if (widest < 0) return;
    widths[widest]!--;
  }
}
