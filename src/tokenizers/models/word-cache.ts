/**
 * A bounded memory of words. When it is full, what was used since the last time that happened is kept and the rest dropped:
 * nearly the newest-used words, at the cost of two maps and no list.
 */
export class WordCache<Value> {
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  readonly #capacity: number;

  /** Keeps between `capacity` / 2 and `capacity` words. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(word: string): Value | undefined {
    const value = this.#young.get(word);
    if (value !== undefined) return value;
    const older = this.#old.get(word);
    if (older !== undefined) this.set(word, older);
    return older;
  }

  set(word: string, value: Value): void {
    if (this.#young.size >= this.#capacity / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(detached(word), value);
  }
}

/** The same text with memory of its own: engines let a slice keep the whole text alive that it was cut from. */
function detached(word: string): string {
  return word.length < 13 ? word : ` ${word}`.slice(1);
}
