import type { CharacterClass } from '../text/characters.ts';
import { isHigh, isLow } from '../text/surrogates.ts';
import type { UnitText } from '../text/unit-text.ts';
import type { Cut } from './pre-tokenizer.ts';

const removed = 1;
const isolated = 2;
const halfOfPair = 3;

/** Cuts at the characters of one class, which vanish, and sets those of another apart as pieces of their own. */
export function cutAtClasses(gaps: CharacterClass | null, marks: CharacterClass | null): Cut {
  let kinds: Uint8Array | undefined;
  const cutPiece = (text: UnitText, from: number, to: number): void => {
    const { units } = text;
    const table = kinds!;
    let start = from;
    for (let i = from; i < to; i++) {
      let kind = table[units[i]!]!;
      if (kind === 0) continue;
      let end = i + 1;
      if (kind === halfOfPair) {
        const low = end < to ? units[end]! : 0;
        if (!isHigh(units[i]!) || !isLow(low)) continue;
        const codePoint = 0x10000 + ((units[i]! & 0x3ff) << 10) + (low & 0x3ff);
        end++;
        kind = gaps?.has(codePoint) ? removed : marks?.has(codePoint) ? isolated : 0;
      }
      if (kind !== 0) {
        if (start < i) text.piece(start, i);
        if (kind === isolated) text.piece(i, end);
        start = end;
      }
      i = end - 1;
    }
    if (start < to) text.piece(start, to);
  };
  return (text) => {
    kinds ??= kindsOf(gaps, marks);
    text.recut(cutPiece);
  };
}

function kindsOf(gaps: CharacterClass | null, marks: CharacterClass | null): Uint8Array {
  const kinds = new Uint8Array(0x10000).fill(halfOfPair, 0xd800, 0xe000);
  marks?.mark(kinds, isolated);
  gaps?.mark(kinds, removed);
  return kinds;
}
