/** A heap: what is added in any order comes out best first. */
export class Heap<T> {
  readonly #isBefore: (x: T, y: T) => boolean;
  readonly #items: T[] = [];

  /** `isBefore` says whether `x` comes out before `y`. */
  constructor(isBefore: (x: T, y: T) => boolean) {
    this.#isBefore = isBefore;
  }

  /** Adds one. */
  push(item: T): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  /** Takes the best one out; undefined when there is none. */
  pop(): T | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#isBefore(items[child + 1]!, items[child]!)) child++;
      if (!this.#isBefore(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return top;
  }
}
