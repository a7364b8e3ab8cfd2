import { whiteSpace, wordCharacters } from '../text/characters.ts';
import { Pieces } from '../text/pieces.ts';
import { isHigh, isLow } from '../text/surrogates.ts';
import { type UnitText, unitsOfText } from '../text/unit-text.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/**
 * Runs of word characters, and runs of what is neither word character nor white space (`\w+|[^\w\s]+`).
 * In tokenizer.json: `{ "type": "Whitespace" }`.
 */
export const Whitespace: PreTokenizerDefinition<Record<never, never>> = definePreTokenizer({
  type: 'Whitespace',
  defaults: {},
  prepare: () => ({
    preTokenize: (pieces) => {
      const { source, bounds } = pieces.spelled();
      const units = unitsOfText(source.text);
      const result: number[] = [];
      const add = (from: number, to: number) => result.push(from, to);
      for (let i = 0; i < bounds.length; i += 2) cutRuns(units, bounds[i]!, bounds[i + 1]!, add);
      return new Pieces(source, result);
    },
    cut: (text) => {
      text.spell();
      text.recut(cutPiece);
    },
  }),
});

const other = 0;
const word = 1;
const space = 2;

let kinds: Uint8Array | undefined;

function cutPiece(text: UnitText, from: number, to: number): void {
  cutRuns(text.units, from, to, (start, end) => text.piece(start, end));
}

function cutRuns(units: Uint16Array, from: number, to: number, add: (start: number, end: number) => void): void {
  kinds ??= kindsOfUnits();
  let start = from;
  let kind = space;
  for (let at = from; at < to; ) {
    const unit = units[at]!;
    const isPair = isHigh(unit) && at + 1 < to && isLow(units[at + 1]!);
    const here = isPair ? kindOf(0x10000 + ((unit & 0x3ff) << 10) + (units[at + 1]! & 0x3ff)) : kinds[unit]!;
    if (here !== kind) {
      if (kind !== space) add(start, at);
      start = at;
      kind = here;
    }
    at += isPair ? 2 : 1;
  }
  if (kind !== space && start < to) add(start, to);
}

function kindOf(codePoint: number): number {
  return wordCharacters.has(codePoint) ? word : whiteSpace.has(codePoint) ? space : other;
}

function kindsOfUnits(): Uint8Array {
  const kinds = new Uint8Array(0x10000).fill(other);
  whiteSpace.mark(kinds, space);
  wordCharacters.mark(kinds, word);
  return kinds;
}
