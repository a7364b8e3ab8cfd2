/** Tokens of one word: id, start and end of each within the word, one after another. */
export type CachedWord = readonly number[];

const mostWords = 1 << 16;
const longestWord = 256;

/** The tokens of words seen before. Holds a bounded number of words of bounded length, and starts anew when it is full. */
export class WordCache {
  #words = new Map<string, CachedWord>();

  /** Whether a word of this length is kept. */
  takes(length: number): boolean {
    return length <= longestWord;
  }

  get(word: string): CachedWord | undefined {
    return this.#words.get(word);
  }

  set(word: string, tokens: CachedWord): void {
    if (this.#words.size >= mostWords) this.#words = new Map();
    // A slice of 13 units or more would keep the whole text it was cut from alive.
    this.#words.set(word.length < 13 ? word : ` ${word}`.slice(1), tokens);
  }

  clear(): void {
    this.#words = new Map();
  }
}
