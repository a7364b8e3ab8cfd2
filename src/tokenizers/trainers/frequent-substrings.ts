/** A substring that occurs at least twice. */
export interface Substring {
  readonly text: string;
  /** How often it occurs in the words, each word taken once. */
  readonly count: number;
}

const yieldEvery = 1 << 16;

/**
 * The substrings of words that occur twice or more and cannot be made longer without occurring less often, in 2 to
 * `maxLength` characters; those that cover most characters (count · length) first, among equals the one that sorts last.
 * At most `limit`. Yields how far it is, of `total` steps, so that a caller can rest in between.
 *
 * They are the inner nodes of the words' suffix tree, found from a suffix array that is sorted no deeper than `maxLength`
 * needs, by doubling: suffixes sorted by k characters give those sorted by 2k with two counting sorts.
 * Source: Manber and Myers, 1993, "Suffix arrays: a new method for on-line string searches"; the tree's nodes from the
 * common prefixes of neighbours as in Kasai et al., 2001. A word's end counts as a character, so that what always ends a
 * word is no node, as in SentencePiece and in Hugging Face's library.
 */
export function* frequentSubstrings(
  words: Iterable<string>,
  maxLength: number,
  limit: number,
): Generator<{ done: number; total: number }, Substring[]> {
  const text = flattened(words);
  const depth = maxLength + 1;
  const rounds = Math.ceil(Math.log2(depth)) + 2;
  let round = 0;
  const suffixes = suffixesByFirst(text);
  yield { done: ++round, total: rounds };
  for (let sorted = 1; sorted < depth; sorted *= 2) {
    const isUnique = suffixes.double(sorted);
    yield { done: ++round, total: rounds };
    if (isUnique) break;
  }
  const found: Node[] = [];
  for (const node of innerNodes(text, suffixes.order, depth)) {
    if (node === null) yield { done: round, total: rounds };
    else if (node.length >= 2 && node.length <= maxLength) found.push(node);
  }
  // The order of the suffixes is that of the substrings: no letters need to be compared.
  found.sort((x, y) => y.count * y.length - x.count * x.length || y.left - x.left || y.length - x.length);
  const substrings = found.slice(0, Math.max(0, limit)).map(({ left, length, count }) => {
    const from = suffixes.order[left]!;
    return { text: String.fromCodePoint(...text.subarray(from, from + length)), count };
  });
  yield { done: rounds, total: rounds };
  return substrings;
}

/** The words' code points, each word ended by 0. */
function flattened(words: Iterable<string>): Int32Array {
  const list = [...words];
  const text = new Int32Array(list.reduce((sum, word) => sum + word.length + 1, 0));
  let end = 0;
  for (const word of list) {
    for (const character of word) text[end++] = character.codePointAt(0)!;
    text[end++] = 0;
  }
  return text.subarray(0, end);
}

/** Suffixes in the order of their first characters. */
interface SortedSuffixes {
  /** Where each suffix begins, in order. */
  readonly order: Int32Array;
  /** Sorts by twice as many characters; gives whether no two are equal any more. */
  double(sorted: number): boolean;
}

function suffixesByFirst(text: Int32Array): SortedSuffixes {
  const n = text.length;
  const alphabet = [...new Set(text)].sort((a, b) => a - b);
  const rankOf = new Map(alphabet.map((codePoint, rank) => [codePoint, rank]));
  let ranks: Int32Array = Int32Array.from(text, (codePoint) => rankOf.get(codePoint)!);
  let spare = new Int32Array(n);
  const order = new Int32Array(n);
  const bySecond = Int32Array.from(text, (_, i) => i);
  const starts = new Int32Array(Math.max(alphabet.length, n) + 1);
  let classes = alphabet.length;

  /** Puts `bySecond` in the order of `ranks`, keeping the order of equals. */
  const sortByRank = () => {
    starts.fill(0, 0, classes + 1);
    for (let i = 0; i < n; i++) starts[ranks[i]! + 1]!++;
    for (let rank = 0; rank < classes; rank++) starts[rank + 1]! += starts[rank]!;
    for (let i = 0; i < n; i++) order[starts[ranks[bySecond[i]!]!]!++] = bySecond[i]!;
  };
  sortByRank();
  return {
    order,
    double: (sorted) => {
      // By what follows the characters that are sorted: first those that nothing follows.
      let end = 0;
      for (let i = Math.max(0, n - sorted); i < n; i++) bySecond[end++] = i;
      for (let i = 0; i < n; i++) if (order[i]! >= sorted) bySecond[end++] = order[i]! - sorted;
      sortByRank();
      const second = (i: number) => (i + sorted < n ? ranks[i + sorted]! : -1);
      classes = 0;
      for (let i = 0; i < n; i++) {
        const [here, before] = [order[i]!, order[i - 1] ?? -1];
        if (i > 0 && (ranks[here] !== ranks[before] || second(here) !== second(before))) classes++;
        spare[here] = classes;
      }
      if (n > 0) classes++;
      [ranks, spare] = [spare, ranks as Int32Array<ArrayBuffer>];
      return classes === n;
    },
  };
}

interface Node {
  /** Its first suffix, as a place in the order. */
  readonly left: number;
  readonly length: number;
  /** How many suffixes begin with it. */
  readonly count: number;
}

/** The inner nodes of the suffix tree that hold no end of a word, and now and then a null to rest at. */
function* innerNodes(text: Int32Array, order: Int32Array, depth: number): Generator<Node | null> {
  const n = text.length;
  const wordEnds = new Int32Array(n);
  for (let i = n - 1; i >= 0; i--) wordEnds[i] = text[i] === 0 ? i : wordEnds[i + 1]!;
  const open: { left: number; length: number }[] = [];
  for (let i = 1; i <= n; i++) {
    let left = i - 1;
    const shared = i < n ? commonPrefix(text, order[i - 1]!, order[i]!, depth) : 0;
    while (open.length > 0 && open[open.length - 1]!.length > shared) {
      const node = open.pop()!;
      left = node.left;
      if (order[left]! + node.length <= wordEnds[order[left]!]!) yield { ...node, count: i - left };
    }
    if (shared > 0 && (open.length === 0 || open[open.length - 1]!.length < shared)) open.push({ left, length: shared });
    if (i % yieldEvery === 0) yield null;
  }
}

function commonPrefix(text: Int32Array, a: number, b: number, limit: number): number {
  let length = 0;
  while (length < limit && a + length < text.length && b + length < text.length && text[a + length] === text[b + length]) {
    length++;
  }
  return length;
}
