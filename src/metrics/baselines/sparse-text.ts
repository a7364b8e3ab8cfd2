/** Texts as rows of a sparse matrix: row i has its columns and values from `starts[i]` to `starts[i + 1]`. */
export interface SparseRows {
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

/** Words, numbers, and runs of one mark ("!!!", "ㅋㅋㅋ" is a word), in lower case. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+|([^\s\p{L}\p{M}\p{N}])\1*/gu) ?? []
  );
}

/** Calls `visit` with each run of `shortest` to `longest` words. */
function forEachRun(
  words: readonly string[],
  [shortest, longest]: readonly [number, number],
  visit: (run: string) => void,
): void {
  for (let start = 0; start < words.length; start++) {
    let run = words[start]!;
    for (let length = 1; length <= longest && start + length <= words.length; length++) {
      if (length > 1) run += ` ${words[start + length - 1]}`;
      if (length >= shortest) visit(run);
    }
  }
}

/** Which word runs are features, and what a text's features weigh: tf-idf with logarithmic counts, rows of length 1. */
export class TextFeatures {
  readonly #places: Map<string, number>;
  readonly #idf: Float32Array;
  readonly #range: readonly [number, number];

  private constructor(places: Map<string, number>, idf: Float32Array, range: readonly [number, number]) {
    this.#places = places;
    this.#idf = idf;
    this.#range = range;
  }

  /** The runs that stand in at least `minDf` texts, in the order of their first. `turn` lets the event loop go round. */
  static async fit(
    texts: ArrayLike<string>,
    range: readonly [number, number],
    minDf: number,
    turn: () => Promise<void> | undefined,
  ): Promise<TextFeatures> {
    const counts = new Map<string, { texts: number; last: number }>();
    for (let row = 0; row < texts.length; row++) {
      forEachRun(wordsOf(texts[row]!), range, (run) => {
        const count = counts.get(run);
        if (!count) counts.set(run, { texts: 1, last: row });
        else if (count.last !== row) {
          count.texts++;
          count.last = row;
        }
      });
      const pause = turn();
      if (pause) await pause;
    }
    const places = new Map<string, number>();
    const idf: number[] = [];
    for (const [run, count] of counts) {
      if (count.texts < minDf) continue;
      places.set(run, idf.length);
      idf.push(Math.log((1 + texts.length) / (1 + count.texts)) + 1);
    }
    return new TextFeatures(places, Float32Array.from(idf), range);
  }

  get size(): number {
    return this.#idf.length;
  }

  async rows(texts: ArrayLike<string>, turn: () => Promise<void> | undefined): Promise<SparseRows> {
    const starts = new Uint32Array(texts.length + 1);
    const columns: number[] = [];
    const values: number[] = [];
    for (let row = 0; row < texts.length; row++) {
      const counts = new Map<number, number>();
      forEachRun(wordsOf(texts[row]!), this.#range, (run) => {
        const place = this.#places.get(run);
        if (place !== undefined) counts.set(place, (counts.get(place) ?? 0) + 1);
      });
      let square = 0;
      for (const [place, count] of counts) {
        const weight = (1 + Math.log(count)) * this.#idf[place]!;
        counts.set(place, weight);
        square += weight * weight;
      }
      const length = Math.sqrt(square);
      for (const [place, weight] of counts) {
        columns.push(place);
        values.push(weight / length);
      }
      starts[row + 1] = columns.length;
      const pause = turn();
      if (pause) await pause;
    }
    return { starts, columns: Uint32Array.from(columns), values: Float32Array.from(values) };
  }
}
