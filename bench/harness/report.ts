import type { Row } from './compare.ts';
import type { Question } from './question.ts';

/** The rows of one question as a table for the terminal. */
export function table(question: Question, rows: readonly Row[]): string {
  const head = ['case', 'peer', 'ratio', '95 %', 'qkv', 'peer', 'rounds', ''];
  const lines = rows.map((row) => [
    row.case,
    row.peer,
    number(row.ratio, 2),
    row.low === null ? '–' : `${number(row.low, 2)}–${number(row.high, 2)}`,
    quantity(row.ours, row.unit),
    quantity(row.theirs, row.unit),
    String(row.rounds),
    row.missing ? `missing: ${row.missing}` : row.differs ? `differs: ${row.differs}` : '',
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]!.length)));
  const text = [head, widths.map((width) => '─'.repeat(width)), ...lines].map((line) =>
    line
      .map((cell, column) => (column >= 2 && column <= 6 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  const busy = Math.max(...rows.map((row) => row.busy));
  const versions = Object.entries(Object.assign({}, ...rows.map((row) => row.versions)) as Record<string, string>);
  return [
    question.asks,
    '',
    ...text,
    '',
    "ratio = the peer's value ÷ qkv's, the median of the rounds' ratios: above 1, qkv is the better. 95 %: its interval (bootstrap).",
    ...(busy > 10 ? [`Other programs were using ${busy} % of this machine: measure again when it is quiet.`] : []),
    `${rows[0]?.threads} threads on every side; ${rows[0]?.cpu}; ${versions.map(([name, version]) => `${name} ${version}`).join(', ')}`,
  ].join('\n');
}

/** The rows as JSON, one object a line. */
export function jsonLines(rows: readonly Row[]): string {
  return rows.map((row) => JSON.stringify(row)).join('\n');
}

function number(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits);
}

function quantity(value: number | null, unit: string): string {
  return value === null ? '–' : `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
}
