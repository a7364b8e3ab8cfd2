import type { OptionRow, OptionRows } from '../core/index.ts';
import { rangeOf, textWidth } from '../core/index.ts';
import { padEnd, styles, wrap } from '../progress/index.ts';
import type { Command, PositionalRow } from './command.ts';

/** How wide a help text may be, and whether in colour. */
export interface HelpStyle {
  readonly width: number;
  readonly colored: boolean;
}

const widest = 100;
const indent = '  ';
/** Where the second column starts at most; a longer first column puts its help on the next line. */
const leftMost = 40;

/** The help text of one command. */
export function commandHelp(command: Command, { width, colored }: HelpStyle): string {
  const { bold } = styles(colored);
  const columns = Math.min(width, widest);
  const words = command.positionals === undefined ? '' : ` ${usageOf(command.positionals)}`;
  const parts = [
    [`${bold(`qkv ${command.name}`)}: ${command.summary}.`],
    [bold('Usage'), `${indent}qkv ${command.name} [flags]${words}`],
  ];
  if (command.description !== undefined) parts.push(wrap(command.description, columns));
  if (command.positionals !== undefined) {
    const { name, help } = command.positionals;
    parts.push([bold('Words'), ...twoColumns([[`<${name}>`, `${help}.`]], columns)]);
  }
  for (const [heading, rows] of grouped(command.flags)) {
    parts.push([
      bold(heading),
      ...twoColumns(
        rows.map(([name, row]) => [flagOf(name, row), helpOf(row)]),
        columns,
      ),
    ]);
  }
  if (command.examples !== undefined) {
    const lines = command.examples.flatMap(({ command: line, help }) => [
      ...wrap(`${help}:`, columns - indent.length).map((text) => indent + text),
      `${indent}${indent}${line}`,
    ]);
    parts.push([bold('Examples'), ...lines]);
  }
  const valued = Object.entries(command.flags).filter(([, row]) => row.type !== 'boolean');
  const shown = valued.find(([name]) => name.includes('_')) ?? valued[0];
  if (shown !== undefined) {
    const example = flagOf(...shown)
      .replaceAll('_', '-')
      .replace(' <', '=<');
    parts.push(wrap(`Flags may also be written with dashes, and with \`=\` before the value: ${example}.`, columns));
  }
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The help text of the whole program. */
export function programHelp(commands: readonly Command[], { width, colored }: HelpStyle): string {
  const { bold } = styles(colored);
  const columns = Math.min(width, widest);
  const rows = commands.map(({ name, summary }): [string, string] => [name, `${summary}.`]);
  const parts = [
    [`${bold('qkv')}: train, fine-tune, evaluate and run transformers in TypeScript.`],
    [bold('Usage'), `${indent}qkv <command> [flags]`],
    [bold('Commands'), ...twoColumns(rows, columns)],
    [
      bold('Flags of every command'),
      ...twoColumns(
        [
          ['-h, --help', 'Prints the help of the command.'],
          ['-v, --version', 'Prints the version.'],
          ['--color, --no_color', 'Colours or none. Else as NO_COLOR and FORCE_COLOR say, and only on a terminal.'],
        ],
        columns,
      ),
    ],
    wrap('`qkv help <command>` tells the flags of a command; `qkv doctor` says what runs on this machine.', columns),
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function grouped(flags: OptionRows): Map<string, [string, OptionRow][]> {
  const groups = new Map<string, [string, OptionRow][]>();
  for (const [name, row] of Object.entries(flags)) {
    const heading = row.group ?? 'Flags';
    groups.set(heading, [...(groups.get(heading) ?? []), [name, row]]);
  }
  return groups;
}

function usageOf({ name, required = false, repeated = false }: PositionalRow): string {
  const one = `<${name}>${repeated ? ' ...' : ''}`;
  return required ? one : `[${one}]`;
}

function flagOf(name: string, row: OptionRow): string {
  if (row.type === 'boolean') return row.default === true ? `--${name}, --no_${name}` : `--${name}`;
  return `--${name} <${row.type === 'choice' ? 'name' : row.type === 'string' ? 'text' : row.type}>`;
}

function helpOf(row: OptionRow): string {
  const notes: string[] = [];
  const range = rangeOf(row);
  if (row.type === 'choice') notes.push(`One of ${row.choices.join(', ')}.`);
  if (range !== '') notes.push(`${range.charAt(0).toUpperCase()}${range.slice(1)}.`);
  if (row.repeated) notes.push('May be repeated.');
  if (row.required) notes.push('Required.');
  if (row.default !== undefined && row.default !== false && row.type !== 'values')
    notes.push(`Default: ${shown(row.default)}.`);
  if (row.otherwise !== undefined) notes.push(`Default: ${row.otherwise}.`);
  return [`${row.help}.`, ...notes].join(' ');
}

/** Small numbers as they are typed: 5e-5 and not 0.00005. */
function shown(value: string | number | boolean): string {
  return typeof value === 'number' && value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value);
}

/** Rows of a term and its help, with the help lines under each other. */
function twoColumns(rows: readonly (readonly [string, string])[], columns: number): string[] {
  const fitting = rows.map(([left]) => textWidth(left)).filter((width) => width <= leftMost);
  const left = Math.max(...fitting, 8) + indent.length;
  const room = columns - left - indent.length;
  // Too narrow for two columns: the help stands below.
  if (room < 24) {
    return rows.flatMap(([term, help]) => [
      indent + term,
      ...wrap(help, Math.max(8, columns - 6)).map((line) => `      ${line}`),
    ]);
  }
  return rows.flatMap(([term, help]) => {
    const [first = '', ...rest] = wrap(help, room);
    const isLong = textWidth(term) > leftMost;
    const head = isLong ? [indent + term, indent + ' '.repeat(left) + first] : [indent + padEnd(term, left) + first];
    return [...head, ...rest.map((line) => indent + ' '.repeat(left) + line)];
  });
}
