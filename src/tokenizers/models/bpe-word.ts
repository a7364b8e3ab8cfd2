import type { PairTable } from './pair-table.ts';

/**
 * The symbols of one word while they are being merged. The lists are reused from word to word, so a word costs no objects.
 * Lengths count whatever the caller counts in.
 */
export class BPEWord {
  ids: Int32Array = new Int32Array(64);
  lengths: Int32Array = new Int32Array(64);
  size = 0;
  #next: Int32Array = new Int32Array(64);
  #previous: Int32Array = new Int32Array(64);
  /** Ranks and places of the pairs that may be merged: a heap of rank · 2³² + place. */
  #heap: Float64Array = new Float64Array(64);
  #heapSize = 0;

  clear(): void {
    this.size = 0;
  }

  add(id: number, length: number): void {
    if (this.size === this.ids.length) this.#grow();
    this.ids[this.size] = id;
    this.lengths[this.size++] = length;
  }

  /** Merges pairs until none is left: the one of the lowest rank first, of equal ones the leftmost. */
  merge(merges: PairTable, dropout: number, random: () => number): void {
    if (this.size < 2 || merges.size === 0) return;
    if (dropout === 0 && this.size <= 24) this.#mergeFew(merges);
    else this.#mergeMany(merges, dropout, random);
  }

  /** Looks through all pairs each time: quickest for short words. */
  #mergeFew(merges: PairTable): void {
    const { ids, lengths } = this;
    let { size } = this;
    // Where each pair stands in the table of merges, kept while its two symbols stay.
    const places = this.#next;
    for (let i = 0; i + 1 < size; i++) places[i] = merges.find(ids[i]!, ids[i + 1]!);
    while (size > 1) {
      let best = -1;
      let lowest = Infinity;
      for (let i = 0; i + 1 < size; i++) {
        const place = places[i]!;
        if (place < 0) continue;
        const rank = merges.rankAt(place);
        if (rank < lowest) {
          lowest = rank;
          best = i;
        }
      }
      if (best < 0) break;
      ids[best] = merges.resultAt(places[best]!);
      lengths[best]! += lengths[best + 1]!;
      size--;
      for (let i = best + 1; i < size; i++) {
        ids[i] = ids[i + 1]!;
        lengths[i] = lengths[i + 1]!;
        places[i] = places[i + 1]!;
      }
      if (best > 0) places[best - 1] = merges.find(ids[best - 1]!, ids[best]!);
      if (best + 1 < size) places[best] = merges.find(ids[best]!, ids[best + 1]!);
    }
    this.size = size;
  }

  /** A heap of pairs over a list of symbols: n log n, however long the word. */
  #mergeMany(merges: PairTable, dropout: number, random: () => number): void {
    const { ids, lengths, size } = this;
    const next = this.#next;
    const previous = this.#previous;
    this.#heapSize = 0;
    for (let i = 0; i < size; i++) {
      next[i] = i + 1 < size ? i + 1 : -1;
      previous[i] = i - 1;
      if (i + 1 < size) this.#offer(merges, i, i + 1);
    }
    const skipped: number[] = [];
    while (this.#heapSize > 0) {
      const top = this.#pop();
      if (dropout > 0 && random() < dropout) {
        skipped.push(top);
        continue;
      }
      for (const one of skipped) this.#push(one);
      skipped.length = 0;
      const place = top % 2 ** 32;
      const right = next[place]!;
      if (lengths[place]! < 0 || right < 0) continue;
      const at = merges.find(ids[place]!, ids[right]!);
      if (at < 0 || merges.rankAt(at) !== Math.floor(top / 2 ** 32)) continue;
      ids[place] = merges.resultAt(at);
      lengths[place]! += lengths[right]!;
      lengths[right] = -1;
      const after = next[right]!;
      next[place] = after;
      if (after >= 0) {
        previous[after] = place;
        this.#offer(merges, place, after);
      }
      if (previous[place]! >= 0) this.#offer(merges, previous[place]!, place);
    }
    let kept = 0;
    for (let i = 0; i >= 0; i = next[i]!) {
      ids[kept] = ids[i]!;
      lengths[kept++] = lengths[i]!;
    }
    this.size = kept;
  }

  #offer(merges: PairTable, left: number, right: number): void {
    const at = merges.find(this.ids[left]!, this.ids[right]!);
    if (at >= 0) this.#push(merges.rankAt(at) * 2 ** 32 + left);
  }

  #push(key: number): void {
    if (this.#heapSize === this.#heap.length) {
      const bigger = new Float64Array(2 * this.#heap.length);
      bigger.set(this.#heap);
      this.#heap = bigger;
    }
    const heap = this.#heap;
    let i = this.#heapSize++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent]! <= key) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = key;
  }

  #pop(): number {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap[--this.#heapSize]!;
    const size = this.#heapSize;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= last) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return top;
  }

  #grow(): void {
    const grown = (old: Int32Array): Int32Array => {
      const bigger = new Int32Array(2 * old.length);
      bigger.set(old);
      return bigger;
    };
    this.ids = grown(this.ids);
    this.lengths = grown(this.lengths);
    this.#next = grown(this.#next);
    this.#previous = grown(this.#previous);
  }
}
