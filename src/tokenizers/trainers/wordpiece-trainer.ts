import { ConfigError, defineOptions, type GivenOptions, type OptionValues, readOptions } from '../../core/index.ts';
import type { Model } from '../models/model.ts';
import { WordPiece } from '../models/wordpiece.ts';
import type { Pieces } from '../text/pieces.ts';
import { type MergeStart, mergePairs } from './pair-merges.ts';
import { countWords, Pace, type Trained, type Trainer, type TrainingOptions, type TrainingProgress } from './trainer.ts';

/** The options of a WordPieceTrainer, by Hugging Face's names. */
export const wordPieceTrainerOptions = defineOptions({
  vocab_size: { type: 'integer', default: 30000, min: 0, help: 'How many tokens the vocabulary gets, all included' },
  min_frequency: { type: 'integer', default: 0, min: 0, help: 'Pairs rarer than this are not merged' },
  special_tokens: { type: 'string', repeated: true, help: 'The first tokens of the vocabulary, in this order' },
  limit_alphabet: {
    type: 'integer',
    min: 0,
    otherwise: 'no limit',
    help: 'How many different characters are kept, the most frequent ones',
  },
  initial_alphabet: { type: 'string', repeated: true, help: 'Characters to have also where no text has them' },
  continuing_subword_prefix: { type: 'string', default: '##', help: 'What a token starts with that continues a word' },
  show_progress: { type: 'boolean', default: false, help: 'Print a line per stage on the console' },
});

/** What a WordPieceTrainer is made from. */
export type WordPieceTrainerOptions = GivenOptions<typeof wordPieceTrainerOptions>;

/**
 * Trains a WordPiece vocabulary as Hugging Face's WordPieceTrainer does: byte-pair merges over characters, those inside a
 * word with a prefix. Special tokens come first, then the characters by code point, then the prefixed ones, then merges.
 *
 * Differences: Hugging Face's library numbers the prefixed characters in the random order of its hash map, and breaks ties
 * between merges by those numbers, so no two of its runs need agree; here they go by code point. show_progress is off unless
 * asked for.
 */
export class WordPieceTrainer implements Trainer {
  readonly #options: OptionValues<typeof wordPieceTrainerOptions>;

  constructor(options: WordPieceTrainerOptions = {}) {
    this.#options = readOptions('WordPieceTrainer', wordPieceTrainerOptions, options);
  }

  async train(
    texts: Iterable<string> | AsyncIterable<string>,
    split: (text: string) => Iterable<Pieces>,
    model: Model,
    options: TrainingOptions = {},
  ): Promise<Trained> {
    if (!(model instanceof WordPiece)) {
      throw new ConfigError(`WordPieceTrainer: the tokenizer's model is ${model.type}; a WordPiece model is needed.`);
    }
    const { vocab_size, min_frequency, special_tokens, continuing_subword_prefix: prefix, show_progress } = this.#options;
    const report = options.onProgress ?? (show_progress ? printStages() : undefined);
    const pace = new Pace(options, report);
    const words = await countWords(texts, split, pace);
    const start = startOf(words, this.#options);
    let last: TrainingProgress = { stage: 'count pairs', done: 0, total: words.size };
    for (const { stage, done } of mergePairs(start, { vocab_size, min_frequency, prefix })) {
      if (stage !== last.stage) pace.finish({ ...last, done: last.total ?? last.done });
      last = { stage, done, total: stage === 'count pairs' ? words.size : vocab_size };
      if (pace.isOver) await pace.rest(last);
    }
    pace.finish({ stage: 'merge pairs', done: start.tokens.length, total: start.tokens.length });
    const { unk_token, max_input_chars_per_word } = model;
    const vocab = new Map(start.tokens.map((token, id) => [token, id]));
    return {
      model: new WordPiece(vocab, { unk_token, max_input_chars_per_word, continuing_subword_prefix: prefix }),
      special_tokens,
    };
  }
}

/** The tokens that training starts with, and the words spelled in them. `order` is that of the prefixed characters. */
export function startOf(
  words: ReadonlyMap<string, number>,
  options: Pick<
    OptionValues<typeof wordPieceTrainerOptions>,
    'special_tokens' | 'limit_alphabet' | 'initial_alphabet' | 'continuing_subword_prefix'
  >,
  order: (a: string, b: string) => number = byCodePoint,
): MergeStart {
  const { special_tokens, limit_alphabet, initial_alphabet, continuing_subword_prefix: prefix } = options;
  const tokens: string[] = [];
  const ids = new Map<string, number>();
  const idOf = (token: string): number => {
    let id = ids.get(token);
    if (id === undefined) {
      id = tokens.push(token) - 1;
      ids.set(token, id);
    }
    return id;
  };
  special_tokens.forEach(idOf);

  const frequency = new Map<string, number>();
  const inside = new Set<string>();
  let length = 0;
  for (const [word, count] of words) {
    let isFirst = true;
    for (const character of word) {
      frequency.set(character, (frequency.get(character) ?? 0) + count);
      if (!isFirst) inside.add(character);
      isFirst = false;
      length++;
    }
  }
  for (const text of initial_alphabet) {
    const [character] = text;
    if (character !== undefined) frequency.set(character, Number.POSITIVE_INFINITY);
  }
  const kept = [...frequency]
    .sort(([a, m], [b, n]) => n - m || a.codePointAt(0)! - b.codePointAt(0)!)
    .slice(0, limit_alphabet)
    .map(([character]) => character)
    .sort(byCodePoint);
  kept.forEach(idOf);
  for (const character of [...inside].sort(order)) if (ids.has(character)) idOf(prefix + character);

  const symbols = new Int32Array(length);
  const starts = new Int32Array(words.size + 1);
  const counts = new Float64Array(words.size);
  let end = 0;
  let number = 0;
  for (const [word, count] of words) {
    let isFirst = true;
    for (const character of word) {
      // A character outside the alphabet is skipped, as if the word had been written without it.
      const own = ids.get(character);
      if (own !== undefined) symbols[end++] = isFirst ? own : ids.get(prefix + character)!;
      isFirst = false;
    }
    counts[number++] = count;
    starts[number] = end;
  }
  return { tokens, symbols, starts, counts };
}

function byCodePoint(a: string, b: string): number {
  return a.codePointAt(0)! - b.codePointAt(0)!;
}

function printStages(): (progress: TrainingProgress) => void {
  let shown = '';
  return ({ stage, done, total }) => {
    if (done !== total || stage === shown) return;
    shown = stage;
    console.error(`WordPieceTrainer: ${stage}: ${done}`);
  };
}
