import { letters, numbers, whiteSpace } from '../text/characters.ts';
import { isHigh, isLow } from '../text/normalized-string.ts';
import { Pieces } from '../text/pieces.ts';

const other = 0;
const letter = 1;
const number = 2;
const space = 3;

let kinds: Uint8Array | undefined;

/**
 * Pieces cut as GPT-2's expression cuts: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
 * Written out because every text of a byte-level tokenizer passes here.
 */
export function splitLikeGpt2(pieces: Pieces): Pieces {
  const { text } = pieces.source;
  const kind = kindsOfUnits();
  const bounds: number[] = [];
  for (let i = 0; i < pieces.bounds.length; i += 2) {
    const to = pieces.bounds[i + 1]!;
    for (let at = pieces.bounds[i]!; at < to; ) {
      const end = endOfPiece(text, at, to, kind);
      bounds.push(at, end);
      at = end;
    }
  }
  return new Pieces(pieces.source, bounds);
}

function endOfPiece(text: string, at: number, to: number, kind: Uint8Array): number {
  const first = text.charCodeAt(at);
  if (first === 0x27) {
    const end = endOfContraction(text, at + 1, to);
    if (end > 0) return end;
  }
  // A space belongs to the run after it.
  const start = first === 0x20 && at + 1 < to ? at + 1 : at;
  const what = kindAt(text, start, kind);
  if (what !== space) return endOfRun(text, start, to, what, kind);
  const end = endOfRun(text, at, to, space, kind);
  // White space before a word leaves its last character to the word, or as a piece of its own.
  return end === to || end === at + 1 ? end : end - 1;
}

function endOfContraction(text: string, at: number, to: number): number {
  if (at >= to) return 0;
  const first = text.charCodeAt(at);
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return at + 1;
  if (at + 1 >= to) return 0;
  const second = text.charCodeAt(at + 1);
  const isLong = ((first === 0x72 || first === 0x76) && second === 0x65) || (first === 0x6c && second === 0x6c);
  return isLong ? at + 2 : 0;
}

function endOfRun(text: string, from: number, to: number, what: number, kind: Uint8Array): number {
  let at = from;
  while (at < to) {
    const unit = text.charCodeAt(at);
    if (isHigh(unit) && isLow(text.charCodeAt(at + 1))) {
      if (kindAt(text, at, kind) !== what) return at;
      at += 2;
    } else {
      if (kind[unit] !== what) return at;
      at++;
    }
  }
  return at;
}

function kindAt(text: string, at: number, kind: Uint8Array): number {
  const unit = text.charCodeAt(at);
  if (!isHigh(unit) || !isLow(text.charCodeAt(at + 1))) return kind[unit]!;
  const codePoint = text.codePointAt(at)!;
  return letters.has(codePoint) ? letter : numbers.has(codePoint) ? number : other;
}

function kindsOfUnits(): Uint8Array {
  if (kinds === undefined) {
    kinds = new Uint8Array(0x10000);
    for (let unit = 0; unit < 0x10000; unit++) {
      if (letters.low[unit]) kinds[unit] = letter;
      else if (numbers.low[unit]) kinds[unit] = number;
      else if (whiteSpace.low[unit]) kinds[unit] = space;
    }
  }
  return kinds;
}
