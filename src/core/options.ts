import { ConfigError } from './errors.ts';
import { nearest } from './nearest.ts';

interface RowOf<Type extends string, Value> {
  readonly type: Type;
  /** What it does, in one sentence without a full stop. */
  readonly help: string;
  /** The value when none is given. */
  readonly default?: Value;
  /** What happens when none is given, for a row without a default: `all cores`. */
  readonly otherwise?: string;
  /** Must be given. */
  readonly required?: boolean;
  /** May be given more than once; the value is then a list. */
  readonly repeated?: boolean;
  /** The heading it stands under in a help text. */
  readonly group?: string;
}

interface NumberRow<Type extends string> extends RowOf<Type, number> {
  readonly min?: number;
  readonly max?: number;
  /** Exclusive lower bound. */
  readonly above?: number;
  /** Exclusive upper bound. */
  readonly below?: number;
}

interface FileRow extends RowOf<'file', string> {
  /** Whether `-` stands for the standard input. */
  readonly stdin?: boolean;
}

interface ChoiceRow extends RowOf<'choice', string> {
  readonly choices: readonly string[];
  /** The choice that is nearest to names with a word in them, for names that others have and that are no choice here. */
  readonly families?: Readonly<Record<string, string>>;
}

/** Values by name: the options of something that another option chooses, which alone knows what they may be. */
export type NamedValues = Readonly<Record<string, string | number | boolean | null | readonly number[]>>;

/**
 * One named option, declared once: the command line parses by it, help is printed from it, and options
 * given in code are checked against it. `file` is the path of a file to read, `folder` of one to read or to write.
 */
export type OptionRow =
  | RowOf<'string' | 'folder', string>
  | FileRow
  | RowOf<'boolean', boolean>
  | NumberRow<'integer'>
  | NumberRow<'number'>
  | RowOf<'values', NamedValues>
  | ChoiceRow;

/** Options by name. */
export type OptionRows = Readonly<Record<string, OptionRow>>;

interface ValueOfType {
  string: string;
  file: string;
  folder: string;
  boolean: boolean;
  integer: number;
  number: number;
  values: NamedValues;
}

/** The type of one value of a row: for a choice, the union of its choices. */
export type OptionValue<Row extends OptionRow> = Row extends { type: 'choice'; choices: readonly (infer Choice)[] }
  ? Choice
  : ValueOfType[Exclude<Row['type'], 'choice'>];

type Whole<Row extends OptionRow> = Row extends { repeated: true }
  ? readonly OptionValue<Row>[]
  : Row extends { default: unknown } | { required: true }
    ? OptionValue<Row>
    : OptionValue<Row> | undefined;

/** The values of all rows, as code that works with them sees them: undefined only where a row is neither required nor has a default. */
export type OptionValues<Rows extends OptionRows> = { readonly [Name in keyof Rows]: Whole<Rows[Name]> };

/** The values that a caller may hand in: each may be left out, unless its row is required. */
export type GivenOptions<Rows extends OptionRows> = {
  readonly [Name in keyof Rows as Rows[Name] extends { required: true } ? never : Name]?: Whole<Rows[Name]> | undefined;
} & {
  readonly [Name in keyof Rows as Rows[Name] extends { required: true } ? Name : never]: Whole<Rows[Name]>;
};

/** Gives rows back with their exact types kept, so that `OptionValues` can read them. */
export function defineOptions<const Rows extends OptionRows>(rows: Rows): Rows {
  return rows;
}

/** The numbers that a row allows, in words: `at least 0 and less than 1`; empty where all are allowed. */
export function rangeOf(row: OptionRow): string {
  if (row.type !== 'integer' && row.type !== 'number') return '';
  const bounds: string[] = [];
  if (row.min !== undefined) bounds.push(`at least ${row.min}`);
  if (row.above !== undefined) bounds.push(`more than ${row.above}`);
  if (row.max !== undefined) bounds.push(`at most ${row.max}`);
  if (row.below !== undefined) bounds.push(`less than ${row.below}`);
  return bounds.join(' and ');
}

/** What a single value of a row has to be, when `value` is not that; undefined when it is. */
export function whatIsNeeded(row: OptionRow, value: unknown): string | undefined {
  switch (row.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false is needed';
    case 'choice': {
      if (typeof value === 'string' && row.choices.includes(value)) return undefined;
      const near = typeof value === 'string' ? (nearest(value, row.choices) ?? kinOf(value, row)) : undefined;
      return `it must be one of ${row.choices.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`;
    }
    case 'integer':
    case 'number': {
      const kind = row.type === 'integer' ? 'a whole number' : 'a number';
      const range = rangeOf(row);
      const needed = `${kind}${range === '' ? '' : ` of ${range}`} is needed`;
      if (typeof value !== 'number' || !Number.isFinite(value)) return needed;
      if (row.type === 'integer' && !Number.isSafeInteger(value)) return needed;
      const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = row;
      return value >= min && value <= max && value > above && value < below ? undefined : needed;
    }
    case 'values': {
      const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isRecord ? undefined : 'values by name are needed';
    }
    default:
      return typeof value === 'string' ? undefined : 'a string is needed';
  }
}

function kinOf(value: string, { families = {} }: ChoiceRow): string | undefined {
  return Object.entries(families).find(([word]) => value.includes(word))?.[1];
}

/** Refuses names that are no option. @throws ConfigError naming the nearest one, or for what is no object. */
export function checkOptionNames(speaker: string, given: object, names: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ConfigError(`${speaker}: the options are ${show(given)}; an object with values by name is needed.`);
  }
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, names);
  const others = names.length === 0 ? 'it takes none.' : `the options are ${names.join(', ')}.`;
  throw new ConfigError(`${speaker}: there is no option ${unknown}; ${near === undefined ? others : `did you mean ${near}?`}`);
}

/**
 * Options as given in code, checked against their rows, with the defaults filled in.
 * @throws ConfigError for a name that no row has (it names the nearest one), a value of the wrong type or out of range, and a required one left out.
 */
export function readOptions<const Rows extends OptionRows>(
  speaker: string,
  rows: Rows,
  given: GivenOptions<Rows>,
): OptionValues<Rows> {
  checkOptionNames(speaker, given, Object.keys(rows));
  const values: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(rows)) {
    const value = (given as Record<string, unknown>)[name];
    if (value === undefined) {
      if (row.required)
        throw new ConfigError(
          `${speaker}: ${name} is missing; it is needed: ${row.help.charAt(0).toLowerCase()}${row.help.slice(1)}.`,
        );
      values[name] = row.default ?? (row.repeated ? [] : undefined);
      continue;
    }
    if (row.repeated && !Array.isArray(value))
      throw new ConfigError(`${speaker}: ${name} is ${show(value)}; a list is needed.`);
    for (const one of row.repeated ? (value as unknown[]) : [value]) {
      const needed = whatIsNeeded(row, one);
      if (needed !== undefined)
        throw new ConfigError(`${speaker}: ${name} is ${show(one)}; ${needed}${needed.endsWith('?') ? '' : '.'}`);
    }
    values[name] = value;
  }
  return values as OptionValues<Rows>;
}

function show(value: unknown): string {
  return typeof value === 'string'
    ? `'${value}'`
    : typeof value === 'object' && value !== null
      ? JSON.stringify(value)
      : String(value);
}
