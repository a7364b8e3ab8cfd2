/**
 * The candidate that `word` was most likely meant to be, or undefined where none is near.
 * Near is at most one edit (a letter more, less, other, or two swapped) per three letters, and at least one;
 * a candidate that begins with the whole word also counts. Case, `-` and `_` make no difference.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const given = plain(word);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const candidate of candidates) {
    const name = plain(candidate);
    const distance =
      name.startsWith(given) && given.length >= 3 ? Math.min(1, editDistance(given, name)) : editDistance(given, name);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

const plain = (word: string) => word.toLowerCase().replaceAll('-', '_');

/** Edits that make `b` of `a`; a swap of neighbours is one (the optimal string alignment distance). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, beforeLast[j - 2]! + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
