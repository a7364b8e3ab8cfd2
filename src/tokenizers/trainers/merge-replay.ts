import { joined } from './likelihood-merges.ts';
import type { MergingTrainer } from './merging.ts';
import { readableToken } from './readable-token.ts';
import { countWords, Pace, type Splitter, type TrainingOptions, type TrainingTexts } from './trainer.ts';

/** What one merge does to one word. */
export interface ChangedWord {
  /** The word as a person reads it. */
  readonly word: string;
  /** How often the word occurs. */
  readonly count: number;
  /** Its tokens before the merge, and after, as the vocabulary spells them. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** One merge of a training. */
export interface MergeStep {
  /** Counted from 1. */
  readonly number: number;
  readonly pair: readonly [left: string, right: string];
  /** The token that the pair becomes, and its id. */
  readonly token: string;
  readonly id: number;
  /** The token as a person reads it: see `MergeReplay.readable`. */
  readonly text: string;
  /** How often the pair stood in the texts. */
  readonly count: number;
  /** What made it the best pair: the count, or for likelihood count(pair) / (count(left) · count(right)). */
  readonly score: number;
  /** The words that it changes, the most frequent first. */
  readonly words: readonly ChangedWord[];
}

/**
 * A training of BPE or WordPiece to be watched merge by merge: iterate it for the steps. Each iteration starts anew, computes
 * a step when it is asked for, and may be left at any point.
 */
export class MergeReplay implements Iterable<MergeStep> {
  /** The words of the texts, and how often each occurs. */
  readonly words: ReadonlyMap<string, number>;
  readonly #trainer: MergingTrainer;

  readonly #areBytes: boolean;

  /** `areBytes` says whether the words are spelled in the characters of byte-level vocabularies. */
  constructor(words: ReadonlyMap<string, number>, trainer: MergingTrainer, areBytes = false) {
    this.words = words;
    this.#trainer = trainer;
    this.#areBytes = areBytes;
  }

  /**
   * A token as a person reads it. Of byte-level tokens the text that they spell, with `<0xEC>` for a byte that is no whole character
   * (`ìķĪ` is 안, and its first half `<0xEC><0x95>`); of decomposed Hangul the syllables, and ㄴ for a letter alone.
   */
  readable(token: string): string {
    return readableToken(token, this.#areBytes);
  }

  /** The tokens that are there before the first merge: special tokens and characters. */
  get alphabet(): string[] {
    return this.#trainer.startOf(this.words).tokens;
  }

  *[Symbol.iterator](): Generator<MergeStep, void> {
    const start = this.#trainer.startOf(this.words);
    const { tokens, starts, symbols, counts } = start;
    const names = [...this.words.keys()];
    const spelled = names.map((_, word) => Array.from(symbols.subarray(starts[word], starts[word + 1])));
    let number = 0;
    for (const { merge } of this.#trainer.merge(start)) {
      if (merge === undefined) continue;
      const { first, second, id, count, score } = merge;
      const text = (symbol: number) => tokens[symbol]!;
      const words: ChangedWord[] = [];
      for (const word of merge.words) {
        const before = spelled[word]!;
        const after = joined(before, first, second, id);
        if (after.length === before.length) continue;
        spelled[word] = after;
        words.push({
          word: this.readable(names[word]!),
          count: counts[word]!,
          before: before.map(text),
          after: after.map(text),
        });
      }
      words.sort((x, y) => y.count - x.count);
      const token = text(id);
      yield { number: ++number, pair: [text(first), text(second)], token, id, text: this.readable(token), count, score, words };
    }
  }
}

/**
 * Counts the words of texts as a tokenizer's normalizer and pre-tokenizer split them, and gives the training on them for
 * watching. The tokenizer stays as it is.
 */
export async function replayTraining(
  tokenizer: { splitter(): Splitter },
  texts: TrainingTexts,
  trainer: MergingTrainer,
  options: TrainingOptions = {},
): Promise<MergeReplay> {
  const pace = new Pace('replayTraining', options);
  const split = tokenizer.splitter();
  let areBytes = false;
  const words = await countWords(
    'replayTraining',
    texts,
    function* (text) {
      for (const cut of split(text)) {
        areBytes ||= cut.areBytes;
        yield cut;
      }
    },
    pace,
  );
  return new MergeReplay(words, trainer, areBytes);
}
