import { letters, numbers, whiteSpace } from '../text/characters.ts';
import { Pieces } from '../text/pieces.ts';
import { isHigh, isLow } from '../text/surrogates.ts';
import { type UnitText, unitsOfText } from '../text/unit-text.ts';

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
  const units = unitsOfText(pieces.source.text);
  const kind = kindsOfUnits();
  const bounds: number[] = [];
  for (let i = 0; i < pieces.bounds.length; i += 2) {
    const to = pieces.bounds[i + 1]!;
    for (let at = pieces.bounds[i]!; at < to; ) {
      const end = endOfPiece(units, at, to, kind);
      bounds.push(at, end);
      at = end;
    }
  }
  return new Pieces(pieces.source, bounds);
}

/** The same in place. */
export function cutLikeGpt2(text: UnitText): void {
  kindsOfUnits();
  text.recut(cutPiece);
}

function cutPiece(text: UnitText, from: number, to: number): void {
  const { units } = text;
  const kind = kinds!;
  for (let at = from; at < to; ) {
    const end = endOfPiece(units, at, to, kind);
    text.piece(at, end);
    at = end;
  }
}

function endOfPiece(units: Uint16Array, at: number, to: number, kind: Uint8Array): number {
  const first = units[at]!;
  if (first === 0x27) {
    const end = endOfContraction(units, at + 1, to);
    if (end > 0) return end;
  }
  // A space belongs to the run after it.
  const start = first === 0x20 && at + 1 < to ? at + 1 : at;
  const what = kindAt(units, start, kind);
  if (what !== space) return endOfRun(units, start, to, what, kind);
  const end = endOfRun(units, at, to, space, kind);
  // White space before a word leaves its last character to the word, or as a piece of its own.
  return end === to || end === at + 1 ? end : end - 1;
}

function endOfContraction(units: Uint16Array, at: number, to: number): number {
  if (at >= to) return 0;
  const first = units[at]!;
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return at + 1;
  if (at + 1 >= to) return 0;
  const second = units[at + 1]!;
  const isLong = ((first === 0x72 || first === 0x76) && second === 0x65) || (first === 0x6c && second === 0x6c);
  return isLong ? at + 2 : 0;
}

function endOfRun(units: Uint16Array, from: number, to: number, what: number, kind: Uint8Array): number {
  let at = from;
  while (at < to) {
    const unit = units[at]!;
    if (isHigh(unit) && isLow(units[at + 1]!)) {
      if (kindAt(units, at, kind) !== what) return at;
      at += 2;
    } else {
      if (kind[unit] !== what) return at;
      at++;
    }
  }
  return at;
}

function kindAt(units: Uint16Array, at: number, kind: Uint8Array): number {
  const unit = units[at]!;
  if (!isHigh(unit) || !isLow(units[at + 1]!)) return kind[unit]!;
  const codePoint = 0x10000 + ((unit & 0x3ff) << 10) + (units[at + 1]! & 0x3ff);
  return letters.has(codePoint) ? letter : numbers.has(codePoint) ? number : other;
}

function kindsOfUnits(): Uint8Array {
  if (kinds === undefined) {
    kinds = new Uint8Array(0x10000);
    whiteSpace.mark(kinds, space);
    numbers.mark(kinds, number);
    letters.mark(kinds, letter);
  }
  return kinds;
}
