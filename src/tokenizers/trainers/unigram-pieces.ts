import { frequentSubstrings } from './frequent-substrings.ts';
import { PieceLattice } from './piece-lattice.ts';

/** A piece of a Unigram vocabulary, and the logarithm of how likely it is. */
export type ScoredPiece = [piece: string, score: number];

/** What shapes a Unigram vocabulary. */
export interface UnigramPiecesOptions {
  /** How many pieces there are to be in the end. */
  readonly vocab_size: number;
  /** What part of the pieces is kept each time some are dropped. */
  readonly shrinking_factor: number;
  /** Estimates before each dropping. */
  readonly n_sub_iterations: number;
  /** The most characters of a piece. */
  readonly max_piece_length: number;
  /** The most pieces to start with. */
  readonly seed_size: number;
}

/** How far the estimation is. */
export interface UnigramProgress {
  readonly stage: 'find substrings' | 'estimate';
  readonly done: number;
  readonly total: number;
}

/** Pieces as numbers: node of the lattice and score of each, and its text. Piece 0 stands for unknown characters. */
interface Pieces {
  texts: string[];
  nodes: number[];
  scores: Float64Array;
}

/**
 * The pieces that make words likeliest, and their scores: from all frequent substrings, by estimating how often each is to be
 * expected (EM) and dropping those whose loss costs the least, until a tenth more than `vocab_size` are left. The result is
 * in the order in which pieces are to be kept; `finishPieces` takes as many as are wanted.
 * The steps are those of Hugging Face's Rust trainer, which are SentencePiece's.
 * Source: Kudo, 2018, arXiv:1804.10959.
 */
export function* estimatePieces(
  words: ReadonlyMap<string, number>,
  options: UnigramPiecesOptions,
): Generator<UnigramProgress, ScoredPiece[]> {
  const { vocab_size, shrinking_factor, n_sub_iterations } = options;
  const lattice = new PieceLattice();
  const seeds = yield* seedPieces(words, options);
  let pieces: Pieces = {
    texts: ['', ...seeds.map(([text]) => text)],
    nodes: [0, ...seeds.map(([text]) => lattice.add(text))],
    scores: Float64Array.from([Number.NaN, ...seeds.map(([, score]) => score)]),
  };
  const desired = Math.floor((vocab_size * 11) / 10);
  // Each dropping keeps that part, so the number of rounds is a logarithm.
  const drops = Math.max(0, Math.ceil(Math.log(desired / pieces.texts.length) / Math.log(shrinking_factor)));
  const total = words.size * ((drops + 1) * n_sub_iterations + drops);
  let done = 0;
  const tick = () => ({ stage: 'estimate' as const, done: Math.min(++done, total), total });

  for (;;) {
    for (let i = 0; i < n_sub_iterations; i++) {
      lattice.choose(pieces.nodes, pieces.scores);
      const expected = new Float64Array(pieces.texts.length);
      for (const [word, count] of words) {
        lattice.expect(word, count, expected);
        const progress = tick();
        if (done % 256 === 0) yield progress;
      }
      pieces = reestimated(pieces, expected);
    }
    if (pieces.texts.length <= desired) break;
    lattice.choose(pieces.nodes, pieces.scores);
    const uses = new Float64Array(pieces.texts.length);
    for (const [word, count] of words) {
      for (const piece of lattice.bestCut(word)) uses[piece]! += count;
      const progress = tick();
      if (done % 256 === 0) yield progress;
    }
    const wordCount = [...words.values()].reduce((sum, count) => sum + count, 0);
    const before = pieces.texts.length;
    const size = Math.max(desired, Math.floor(before * shrinking_factor));
    pieces = yield* pruned(pieces, uses, wordCount, size, lattice, { stage: 'estimate', done, total });
    // Nothing can be spared: more rounds would change nothing.
    if (pieces.texts.length === before) break;
  }
  yield { stage: 'estimate', done: total, total };
  return pieces.texts.slice(1).map((text, i) => [text, pieces.scores[i + 1]!]);
}

/** The characters of the words, then their frequent substrings, with the logarithms of their shares. */
function* seedPieces(
  words: ReadonlyMap<string, number>,
  { max_piece_length, seed_size }: UnigramPiecesOptions,
): Generator<UnigramProgress, ScoredPiece[]> {
  const characters = new Map<string, number>();
  for (const [word, count] of words) {
    for (const character of word) if (character !== '\0') characters.set(character, (characters.get(character) ?? 0) + count);
  }
  const seeds = [...characters].sort(([a, m], [b, n]) => n - m || b.codePointAt(0)! - a.codePointAt(0)!);
  const search = frequentSubstrings(words.keys(), max_piece_length, seed_size - seeds.length);
  for (;;) {
    const { done, value } = search.next();
    if (done) {
      for (const { text, count } of value) seeds.push([text, count * [...text].length]);
      break;
    }
    yield { stage: 'find substrings', ...value };
  }
  const logSum = Math.log(seeds.reduce((sum, [, count]) => sum + count, 0));
  return seeds.map(([text, count]) => [text, Math.log(count) - logSum]);
}

/** Below this, a piece is not expected to occur at all. */
const leastExpected = 0.5;

/** Pieces with the scores that their expected counts give them; those hardly ever expected are gone. */
function reestimated({ texts, nodes }: Pieces, expected: Float64Array): Pieces {
  const kept: number[] = [0];
  let sum = 0;
  for (let piece = 1; piece < texts.length; piece++) {
    if (expected[piece]! < leastExpected) continue;
    kept.push(piece);
    sum += expected[piece]!;
  }
  // Digamma in place of the logarithm makes the estimate Bayesian, with a prior for few pieces: Liang and Klein, 2007.
  const logSum = digamma(sum);
  return {
    texts: kept.map((piece) => texts[piece]!),
    nodes: kept.map((piece) => nodes[piece]!),
    scores: Float64Array.from(kept, (piece) => (piece === 0 ? Number.NaN : digamma(expected[piece]!) - logSum)),
  };
}

/** The `size` pieces without which the words would become the least likely. `uses`: how often the best cuts take each. */
function* pruned(
  { texts, nodes, scores }: Pieces,
  uses: Float64Array,
  wordCount: number,
  size: number,
  lattice: PieceLattice,
  progress: UnigramProgress,
): Generator<UnigramProgress, Pieces> {
  const sum = uses.reduce((total, count) => total + count, 0);
  const logSum = Math.log(sum);
  const kept: number[] = [0];
  const candidates: { piece: number; loss: number }[] = [];
  for (let piece = 1; piece < texts.length; piece++) {
    if (piece % 1024 === 0) yield progress;
    // How the piece itself is cut, and how it would be without it.
    const best = lattice.bestCut(texts[piece]!);
    const isWhole = best.length === 1;
    if (uses[piece] === 0 && !isWhole) continue;
    const instead = isWhole ? lattice.bestCut(texts[piece]!, piece) : [];
    if (instead.length === 0) {
      kept.push(piece);
      continue;
    }
    if (uses[piece] === 0) continue;
    // Its uses go to the pieces that stand in for it; the loss is what that does to the words' likelihood.
    // `instead.length` is meant; the Rust library counts all pieces, as SentencePiece once did.
    const logSumWithout = Math.log(sum + uses[piece]! * (texts.length - 1));
    let without = 0;
    for (const other of instead) without += Math.log(uses[other]! + uses[piece]!) - logSumWithout;
    candidates.push({ piece, loss: (uses[piece]! / wordCount) * (Math.log(uses[piece]!) - logSum - without) });
  }
  candidates.sort((x, y) => y.loss - x.loss);
  for (const { piece } of candidates) {
    // Where more cannot be spared than are wanted, none is dropped: as in Hugging Face's library.
    if (kept.length === size) break;
    kept.push(piece);
  }
  return {
    texts: kept.map((piece) => texts[piece]!),
    nodes: kept.map((piece) => nodes[piece]!),
    scores: Float64Array.from(kept, (piece) => scores[piece]!),
  };
}

/**
 * The final pieces by falling score: every required character, then the estimated pieces in their order until there are
 * `size`. A character that is no piece is a little likelier than the least likely piece, each one a little more than the last.
 */
export function finishPieces(estimated: readonly ScoredPiece[], required: Iterable<string>, size: number): ScoredPiece[] {
  const known = new Map(estimated);
  const least = estimated.reduce((low, [, score]) => Math.min(low, score), Number.POSITIVE_INFINITY);
  const pieces = new Map<string, number>();
  let penalty = 0;
  for (const character of required) {
    const score = known.get(character);
    pieces.set(character, score ?? (least === Number.POSITIVE_INFINITY ? 0 : least) + penalty);
    if (score === undefined) penalty += 0.0001;
  }
  for (const [piece, score] of estimated) {
    if (pieces.size >= size) break;
    if (!pieces.has(piece)) pieces.set(piece, score);
  }
  return [...pieces].sort((x, y) => y[1] - x[1]);
}

/** The derivative of the logarithm of the gamma function, by its asymptotic series above 7. */
function digamma(x: number): number {
  let result = 0;
  let at = x;
  for (; at < 7; at++) result -= 1 / at;
  at -= 1 / 2;
  const square = 1 / (at * at);
  const fourth = square * square;
  return (
    result +
    Math.log(at) +
    (1 / 24) * square -
    (7 / 960) * fourth +
    (31 / 8064) * fourth * square -
    (127 / 30720) * fourth * fourth
  );
}
