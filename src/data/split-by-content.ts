import { ConfigError, DataError } from '../core/index.ts';
import type { AnyRow, Dataset } from './dataset.ts';
import { DatasetDict } from './dataset-dict.ts';
import { requireColumn } from './features.ts';
import { contentKeys, hash53, joinPairs, nearPairs } from './near-copies.ts';

/** How `splitByContent` divides. */
export interface ContentSplitOptions<Split extends string> {
  /** The column, or columns, whose text decides. */
  columns: string | readonly string[];
  /** Shares by split name, adding up to 1; default train 0.8, validation 0.1, test 0.1. */
  fractions?: Readonly<Record<Split, number>>;
  /** Another seed gives another split; default 0. */
  seed?: number;
  /** Also keep texts together that share at least half of their three-word runs; default true. */
  nearCopies?: boolean;
  signal?: AbortSignal;
}

/**
 * A dataset divided by what its rows say, not by where they stand: a hash of the text decides, so the same row falls into the
 * same split in whatever order the file is, and when rows are added to it. Copies (but for case, punctuation and digits) and
 * near copies never fall on two sides. Shares are met about, not to the row.
 * @throws DataError when there are fewer different texts than splits.
 */
export async function splitByContent<Row extends object = AnyRow, Split extends string = 'train' | 'validation' | 'test'>(
  dataset: Dataset<Row>,
  { columns, fractions, seed = 0, nearCopies = true, signal }: ContentSplitOptions<Split>,
): Promise<DatasetDict<Row, Split>> {
  const names = typeof columns === 'string' ? [columns] : columns;
  for (const name of names) requireColumn('splitByContent', name, dataset.column_names);
  const texts: string[] = [];
  const values = names.map((name) => dataset.column(name as keyof Row & string));
  for (let row = 0; row < dataset.length; row++) texts.push(values.map((column) => String(column[row] ?? '')).join('\n'));
  const shares = fractions ?? ({ train: 0.8, validation: 0.1, test: 0.1 } as Record<Split, number>);
  checkShares(shares);
  // Rows with one content key are one text.
  const keyOfRow = await contentKeys(texts, signal);
  const keys = [...new Set(keyOfRow)];
  const groupOf = joinPairs(keys.length, nearCopies ? await nearPairs(keys, 0.5, signal) : []);
  const splitOf = assignSplits(keys, groupOf, shares, seed);
  const splitOfKey = new Map(keys.map((key, index) => [key, splitOf[index]!]));
  const rows = new Map(Object.keys(shares).map((name) => [name as Split, [] as number[]]));
  for (const [row, key] of keyOfRow.entries()) rows.get(splitOfKey.get(key)!)!.push(row);
  const splits = [...rows].map(([name, indices]) => [name, dataset.select(indices)] as const);
  return new DatasetDict(Object.fromEntries(splits) as Record<Split, Dataset<Row>>);
}

function checkShares(fractions: Readonly<Record<string, number>>): void {
  const shares = Object.values(fractions);
  if (shares.some((share) => !(share > 0)) || Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) > 1e-9) {
    throw new ConfigError(
      `splitByContent: fractions are ${JSON.stringify(fractions)}; shares above 0 that add up to 1 are needed.`,
    );
  }
}

/** The split of each text, given as content key; texts of one group get the same. */
export function assignSplits<Split extends string>(
  keys: readonly string[],
  groupOf: ArrayLike<number>,
  fractions: Readonly<Record<Split, number>>,
  seed: number,
): Split[] {
  // The smallest hash of a group's texts stands for it, so that the order of rows has no say; hashed once more, since the
  // smallest of many would put large groups into the first split.
  const smallest = new Map<number, number>();
  for (const [text, key] of keys.entries()) {
    const group = groupOf[text]!;
    smallest.set(group, Math.min(hash53(key, seed), smallest.get(group) ?? Number.POSITIVE_INFINITY));
  }
  const places = new Map([...smallest].map(([group, hash]) => [group, hash53(String(hash), seed) / 2 ** 53]));
  const splitOf = assign(places, Object.entries(fractions) as [Split, number][]);
  return keys.map((_, text) => splitOf.get(groupOf[text]!)!);
}

function assign<Split extends string>(places: Map<number, number>, shares: readonly [Split, number][]): Map<number, Split> {
  if (places.size < shares.length) {
    throw new DataError(
      `splitByContent: the rows hold ${places.size} different ${places.size === 1 ? 'text' : 'texts'}; ` +
        `${shares.length} splits (${shares.map(([name]) => name).join(', ')}) need at least ${shares.length}; add rows or give a test file.`,
    );
  }
  const splitOf = new Map<number, Split>();
  const starts: number[] = [];
  let start = 0;
  for (const [, share] of shares) {
    starts.push(start);
    start += share;
  }
  for (const [group, place] of places) {
    const index = starts.findLastIndex((from) => place >= from);
    splitOf.set(group, shares[index]![0]);
  }
  // In a small file a split may come out empty; it then takes the nearest group of a split that has more than one.
  for (const [index, [name]] of shares.entries()) {
    const counts = new Map<Split, number>();
    for (const split of splitOf.values()) counts.set(split, (counts.get(split) ?? 0) + 1);
    if (counts.has(name)) continue;
    const middle = starts[index]! + shares[index]![1] / 2;
    const free = [...places].filter(([group]) => counts.get(splitOf.get(group)!)! > 1);
    const [nearest] = free.sort((a, b) => Math.abs(a[1] - middle) - Math.abs(b[1] - middle) || a[1] - b[1])[0]!;
    splitOf.set(nearest, name);
  }
  return splitOf;
}
