import { ConfigError, DataError, nearest } from '../core/index.ts';

/** Element types of plain columns, by Hugging Face's names. */
export type ValueType = 'string' | 'bool' | 'int64' | 'int32' | 'float64' | 'float32';

/** A column of plain values; `null` stands for a missing one. */
export interface Value {
  readonly _type: 'Value';
  readonly dtype: ValueType;
}

/** The type of a column of plain values. Like `datasets.Value`. */
export function Value(dtype: ValueType): Value {
  return { _type: 'Value', dtype };
}

/** A column of class numbers with their names. Like `datasets.ClassLabel`. */
export class ClassLabel {
  readonly _type = 'ClassLabel';
  readonly names: readonly string[];
  readonly #numbers: Map<string, number>;

  constructor({ names }: { names: readonly string[] }) {
    this.names = [...names];
    this.#numbers = new Map(names.map((name, number) => [name, number]));
    if (this.#numbers.size < names.length)
      throw new ConfigError(`ClassLabel: names are ${names.join(', ')}; each may stand once.`);
  }

  get num_classes(): number {
    return this.names.length;
  }

  /** @throws DataError for a name that is no class. */
  str2int(name: string): number {
    const number = this.#numbers.get(name);
    if (number === undefined)
      throw new DataError(`ClassLabel: ${JSON.stringify(name)} is no class; they are ${list(this.names)}.`);
    return number;
  }

  /** @throws DataError for a number out of range. */
  int2str(number: number): string {
    const name = this.names[number];
    if (name === undefined) throw new DataError(`ClassLabel: ${number} is no class; there are ${this.num_classes}, from 0.`);
    return name;
  }
}

/** A column of lists (token ids, for example). Like `datasets.List`. */
export interface List {
  readonly _type: 'List';
  readonly feature: Feature;
}

/** The type of one column; an object of features is a column of objects. */
export type Feature = Value | ClassLabel | List | { readonly [field: string]: Feature };

/** The types of all columns, by name, in the columns' order. */
export type Features = Record<string, Feature>;

/**
 * The type that all values of a column share; `null` values say nothing, whole numbers beside fractions are float64.
 * @throws DataError where two values differ in kind, with their rows.
 */
export function inferFeature(name: string, values: ArrayLike<unknown>, place: (row: number) => string): Feature {
  let feature: Feature | null = null;
  let firstRow = 0;
  for (let row = 0; row < values.length; row++) {
    const own = featureOf(values[row]);
    if (own === null || own === feature) continue;
    const joined: Feature | null = feature === null ? own : join(feature, own);
    if (joined === null) {
      throw new DataError(
        `Dataset: ${name} is ${describe(feature!)} in ${place(firstRow)} and ${describe(own)} in ${place(row)}; ` +
          'all values of a column must be of one kind.',
      );
    }
    if (feature === null) firstRow = row;
    feature = joined;
  }
  return feature ?? stringValue;
}

// One object each, so that equal kinds are equal references and long columns are checked quickly.
const stringValue = Value('string');
const boolValue = Value('bool');
const intValue = Value('int64');
const floatValue = Value('float64');

function featureOf(value: unknown): Feature | null {
  switch (typeof value) {
    case 'string':
      return stringValue;
    case 'number':
      return Number.isSafeInteger(value) ? intValue : floatValue;
    case 'boolean':
      return boolValue;
    case 'bigint':
      return intValue;
    case 'object': {
      if (value === null) return null;
      if (ArrayBuffer.isView(value)) {
        const first = featureOf((value as unknown as ArrayLike<unknown>)[0]);
        const isFloat = value instanceof Float32Array || value instanceof Float64Array;
        return isFloat ? floatList : first === null || first === intValue ? intList : listOf(first);
      }
      if (Array.isArray(value)) {
        let feature: Feature | null = null;
        for (const item of value) {
          const own = featureOf(item);
          if (own !== null && own !== feature) feature = feature === null ? own : (join(feature, own) ?? own);
        }
        return feature === null
          ? emptyList
          : feature === intValue
            ? intList
            : feature === floatValue
              ? floatList
              : listOf(feature);
      }
      return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, featureOf(inner) ?? stringValue]));
    }
    default:
      return null;
  }
}

const listOf = (feature: Feature): List => ({ _type: 'List', feature });
const intList = listOf(intValue);
const floatList = listOf(floatValue);
/** A list without items fits any list. */
const emptyList = listOf(stringValue);

function join(a: Feature, b: Feature): Feature | null {
  if (a === b) return a;
  if ((a === intValue && b === floatValue) || (a === floatValue && b === intValue)) return floatValue;
  if (isList(a) && isList(b)) {
    if (a === emptyList) return b;
    if (b === emptyList) return a;
    const inner = join(a.feature, b.feature);
    return inner === null ? null : inner === a.feature ? a : listOf(inner);
  }
  if (isFields(a) && isFields(b)) {
    const fields: Record<string, Feature> = { ...a };
    for (const [field, feature] of Object.entries(b)) {
      const inner = fields[field] === undefined ? feature : join(fields[field], feature);
      if (inner === null) return null;
      fields[field] = inner;
    }
    return fields;
  }
  return JSON.stringify(a) === JSON.stringify(b) ? a : null;
}

const isList = (feature: Feature): feature is List => feature._type === 'List';
const isFields = (feature: Feature): feature is { [field: string]: Feature } => typeof feature._type !== 'string';

/** A feature in words, for errors: `string`, `int64`, `list of int64`, `object`. */
function describe(feature: Feature): string {
  if (feature instanceof ClassLabel) return `ClassLabel (${list(feature.names)})`;
  if (isList(feature)) return `list of ${describe(feature.feature)}`;
  return isFields(feature) ? 'object' : (feature as Value).dtype;
}

/**
 * A value as its column's type wants it: text becomes the number or class that it spells; other values are checked.
 * Null stays null.
 * @throws DataError beginning with `place` when it does not fit.
 */
export function cast(value: unknown, feature: Feature, place: () => string): unknown {
  if (value === null || value === undefined) return null;
  const refuse = (needed: string): never => {
    throw new DataError(`${place()} is ${JSON.stringify(value)}; ${needed} is needed.`);
  };
  if (feature instanceof ClassLabel) {
    if (typeof value === 'string' && feature.names.includes(value)) return feature.str2int(value);
    const number = typeof value === 'string' ? numberOf(value) : value;
    if (Number.isInteger(number) && (number as number) >= 0 && (number as number) < feature.num_classes) return number;
    return refuse(`one of the classes ${list(feature.names)}`);
  }
  if (isList(feature)) {
    if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return refuse('a list');
    return Array.from(value as ArrayLike<unknown>, (item) => cast(item, feature.feature, place));
  }
  if (isFields(feature)) {
    if (typeof value !== 'object') return refuse('an object');
    const given = value as Record<string, unknown>;
    return Object.fromEntries(Object.entries(feature).map(([field, inner]) => [field, cast(given[field], inner, place)]));
  }
  switch ((feature as Value).dtype) {
    case 'string':
      return typeof value === 'string' ? value : String(value);
    case 'bool':
      if (typeof value === 'boolean') return value;
      if (value === 'true' || value === 'True') return true;
      return value === 'false' || value === 'False' ? false : refuse('true or false');
    case 'int64':
    case 'int32': {
      const number = typeof value === 'string' ? numberOf(value) : value;
      return Number.isSafeInteger(number) || typeof number === 'bigint' ? number : refuse('a whole number');
    }
    default: {
      const number = typeof value === 'string' ? numberOf(value) : value;
      return typeof number === 'number' && !(typeof value === 'string' && Number.isNaN(number)) ? number : refuse('a number');
    }
  }
}

/**
 * The type that the texts of a CSV column spell, with the cells converted; an empty cell becomes null.
 * All whole numbers: int64 (unless one has leading zeros, as codes have, or is too long to be exact); all numbers: float64;
 * all true or false: bool; else string. Unlike pandas, `NA`, `null` or `None` are text, not missing values.
 */
export function inferCells(columns: readonly (readonly string[])[]): Value {
  let couldBe: ValueType[] = ['int64', 'float64', 'bool'];
  let some = false;
  for (const cells of columns) {
    for (const cell of cells) {
      if (cell === '') continue;
      some = true;
      couldBe = couldBe.filter((dtype) => spells(cell, dtype));
      if (couldBe.length === 0) return stringValue;
    }
  }
  return !some ? stringValue : couldBe[0] === 'int64' ? intValue : couldBe[0] === 'float64' ? floatValue : boolValue;
}

function spells(cell: string, dtype: ValueType): boolean {
  if (dtype === 'bool') return /^(true|false)$/i.test(cell);
  if (/^[+-]?0\d/.test(cell)) return false;
  const number = numberOf(cell);
  if (Number.isNaN(number)) return false;
  return dtype === 'int64' ? Number.isSafeInteger(number) && /^[+-]?\d+$/.test(cell) : !/^[+-]?\d{16,}$/.test(cell);
}

/** The decimal number that a text is, else NaN. (Number() alone takes '', ' 1', '0x10' and 'Infinity'.) */
function numberOf(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/** Refuses a column that is not there, with the nearest one that is. */
export function requireColumn(speaker: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const near = nearest(name, names);
  const hint = near !== undefined ? ` Did you mean ${near}?` : '';
  // A first line of data taken for the header shows in names that are numbers.
  const header = names.some((other) => !Number.isNaN(numberOf(other)))
    ? ' If the file has no header line, name its columns with column_names.'
    : '';
  throw new DataError(`${speaker}: there is no column ${name}; the columns are ${list(names)}.${hint}${header}`);
}

function list(names: readonly string[]): string {
  return names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')} and ${names.length - 12} more`;
}
