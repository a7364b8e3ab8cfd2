/**
 * Every way to cut a word into pieces, gone through without building it: sums over all of them for estimating, and the best
 * one. Pieces stand in a trie whose edges are one hash table of numbers; which nodes are pieces, and how likely, may change.
 */
export class PieceLattice {
  #slots: Int32Array = new Int32Array(1 << 12).fill(-1);
  #parents: Int32Array = new Int32Array(1 << 11);
  #letters: Uint16Array = new Uint16Array(1 << 11);
  #size = 1;
  /** The piece that ends at each node; -1 is none. */
  #pieceAt: Int32Array = new Int32Array(1 << 11).fill(-1);
  #scores: Float64Array = new Float64Array(0);
  #unknownScore = 0;

  // What the last call of #match found: for each piece its place, its end and its number.
  #count = 0;
  #begins = new Int32Array(256);
  #ends = new Int32Array(256);
  #pieces = new Int32Array(256);
  // For each of them: the best sum of scores up to its end, what comes before it there, and another that ends where it does.
  #sums = new Float64Array(257);
  #previous = new Int32Array(257);
  #sameEnd = new Int32Array(257);
  // By place in the word: sums over what comes before and after it, and the last match that ends there.
  #before = new Float64Array(64);
  #after = new Float64Array(64);
  #lastAt = new Int32Array(64);

  /** Adds a piece that may be chosen later; gives the node to call it by. */
  add(piece: string): number {
    let node = 0;
    for (let i = 0; i < piece.length; i++) {
      const letter = piece.charCodeAt(i);
      const child = this.#child(node, letter);
      node = child >= 0 ? child : this.#newNode(node, letter);
    }
    return node;
  }

  /** Says which nodes are pieces from now on, and the logarithm of how likely each is. Piece 0 is what nothing spells. */
  choose(nodes: ArrayLike<number>, scores: Float64Array): void {
    this.#pieceAt.fill(-1);
    let least = Number.POSITIVE_INFINITY;
    for (let piece = 1; piece < nodes.length; piece++) {
      this.#pieceAt[nodes[piece]!] = piece;
      if (scores[piece]! < least) least = scores[piece]!;
    }
    this.#scores = scores;
    this.#unknownScore = least - unknownPenalty;
  }

  /** Adds to `expected` how often each piece is to be expected in a word that occurs `count` times. */
  expect(word: string, count: number, expected: Float64Array): void {
    this.#match(word);
    const n = word.length;
    this.#reserve(n);
    const before = this.#before;
    const after = this.#after;
    // Not a number marks a place that nothing has led to yet.
    before.fill(Number.NaN, 0, n + 1);
    after.fill(Number.NaN, 0, n + 1);
    before[0] = 0;
    after[n] = 0;
    for (let i = 0; i < this.#count; i++) {
      const end = this.#ends[i]!;
      before[end] = logSumExp(before[end]!, before[this.#begins[i]!]! + this.#scoreOf(i));
    }
    // From the end, yet the shorter of two pieces first where they begin at one place.
    for (let last = this.#count - 1; last >= 0; ) {
      const begin = this.#begins[last]!;
      let first = last;
      while (first > 0 && this.#begins[first - 1] === begin) first--;
      for (let i = first; i <= last; i++) after[begin] = logSumExp(after[begin]!, this.#scoreOf(i) + after[this.#ends[i]!]!);
      last = first - 1;
    }
    const whole = before[n]!;
    for (let i = 0; i < this.#count; i++) {
      const share = Math.exp(before[this.#begins[i]!]! + this.#scoreOf(i) + after[this.#ends[i]!]! - whole);
      expected[this.#pieces[i]!]! += count * share;
    }
  }

  /** The pieces of the likeliest way to cut a word; with `except`, of those that do not take that piece. Empty if there is none. */
  bestCut(word: string, except = -1): number[] {
    this.#match(word);
    const n = word.length;
    this.#reserve(n);
    const lastAt = this.#lastAt;
    lastAt.fill(-1, 0, n + 1);
    for (let i = 0; i < this.#count; i++) {
      if (this.#pieces[i] === except) continue;
      const begin = this.#begins[i]!;
      this.#comeTo(i, begin, this.#scoreOf(i));
      if (begin > 0 && this.#previous[i]! < 0) continue;
      const end = this.#ends[i]!;
      this.#sameEnd[i] = lastAt[end]!;
      lastAt[end] = i;
    }
    const pieces: number[] = [];
    if (n === 0 || lastAt[n]! < 0) return pieces;
    const end = this.#count;
    this.#comeTo(end, n, 0);
    for (let match = this.#previous[end]!; match >= 0; match = this.#previous[match]!) pieces.push(this.#pieces[match]!);
    return pieces.reverse();
  }

  /**
   * Finds what best comes before a match that begins at a place. Sums are compared with the match's own score in them, and
   * of equals the one that began first is taken: many are equal but for rounding, and Hugging Face's library does so.
   */
  #comeTo(match: number, begin: number, score: number): void {
    let best = begin === 0 ? score : Number.NEGATIVE_INFINITY;
    let previous = -1;
    for (let i = begin === 0 ? -1 : this.#lastAt[begin]!; i >= 0; i = this.#sameEnd[i]!) {
      const sum = this.#sums[i]! + score;
      // The list goes from the last to the first.
      if (sum >= best) {
        best = sum;
        previous = i;
      }
    }
    this.#sums[match] = best;
    this.#previous[match] = previous;
  }

  #scoreOf(match: number): number {
    const piece = this.#pieces[match]!;
    return piece === 0 ? this.#unknownScore : this.#scores[piece]!;
  }

  /** Finds the pieces at every place of a word, the shorter first; an unknown one where no piece is the character alone. */
  #match(word: string): void {
    this.#count = 0;
    for (let begin = 0; begin < word.length; ) {
      const width = word.codePointAt(begin)! > 0xffff ? 2 : 1;
      let hasCharacter = false;
      let node = 0;
      for (let i = begin; i < word.length; i++) {
        node = this.#child(node, word.charCodeAt(i));
        if (node < 0) break;
        const piece = this.#pieceAt[node]!;
        if (piece < 0) continue;
        this.#found(begin, i + 1, piece);
        if (i + 1 === begin + width) hasCharacter = true;
      }
      if (!hasCharacter) this.#found(begin, begin + width, 0);
      begin += width;
    }
  }

  #found(begin: number, end: number, piece: number): void {
    const at = this.#count++;
    if (at === this.#begins.length) {
      this.#begins = copied(this.#begins, 2 * at);
      this.#ends = copied(this.#ends, 2 * at);
      this.#pieces = copied(this.#pieces, 2 * at);
      this.#sums = new Float64Array(2 * at + 1);
      this.#previous = new Int32Array(2 * at + 1);
      this.#sameEnd = new Int32Array(2 * at + 1);
    }
    this.#begins[at] = begin;
    this.#ends[at] = end;
    this.#pieces[at] = piece;
  }

  #reserve(length: number): void {
    if (length < this.#before.length) return;
    this.#before = new Float64Array(2 * length);
    this.#after = new Float64Array(2 * length);
    this.#lastAt = new Int32Array(2 * length);
  }

  #child(node: number, letter: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash(node, letter) & mask; ; slot = (slot + 1) & mask) {
      const child = this.#slots[slot]!;
      if (child < 0 || (this.#parents[child] === node && this.#letters[child] === letter)) return child;
    }
  }

  #newNode(parent: number, letter: number): number {
    const node = this.#size++;
    if (node === this.#parents.length) this.#grow();
    this.#parents[node] = parent;
    this.#letters[node] = letter;
    this.#place(node);
    return node;
  }

  #place(node: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash(this.#parents[node]!, this.#letters[node]!) & mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = node;
  }

  #grow(): void {
    const size = this.#parents.length;
    this.#parents = copied(this.#parents, 2 * size);
    const letters = new Uint16Array(2 * size);
    letters.set(this.#letters);
    this.#letters = letters;
    this.#pieceAt = new Int32Array(2 * size).fill(-1);
    this.#slots = new Int32Array(4 * size).fill(-1);
    for (let node = 1; node < size; node++) this.#place(node);
  }
}

/** How much less likely than the least likely piece an unknown character is, as a logarithm. From SentencePiece. */
const unknownPenalty = 10;

function copied(list: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(length);
  copy.set(list);
  return copy;
}

function hash(node: number, letter: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(letter, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/** log(exp(x) + exp(y)); y alone while x is not a number. */
function logSumExp(x: number, y: number): number {
  if (Number.isNaN(x)) return y;
  const gap = Math.abs(x - y);
  // Beyond this the smaller one is below half a unit in the last place.
  return Math.max(x, y) + (gap > 50 ? 0 : Math.log(Math.exp(-gap) + 1));
}
