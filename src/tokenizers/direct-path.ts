import type { Normalizer } from './normalizers/normalizer.ts';
import type { PreTokenizer } from './pre-tokenizers/pre-tokenizer.ts';
import { CharacterTable } from './text/character-table.ts';
import type { UnitText } from './text/unit-text.ts';

/**
 * Normalizes part of a well-formed text and cuts it into pieces, in place and without objects. False where a character's
 * neighbours have a say in what becomes of it: then the normalizer itself has to see the text.
 */
export type DirectPath = (text: string, from: number, to: number, into: UnitText) => boolean;

/**
 * The direct path through a normalizer that says what it does to each character and a pre-tokenizer that cuts in place; null
 * where one of them does not.
 */
export function directPath(normalizer: Normalizer | null, preTokenizer: PreTokenizer | null): DirectPath | null {
  const cut = preTokenizer === null ? () => {} : preTokenizer.cut;
  if (cut === undefined) return null;
  if (normalizer === null) {
    return (text, from, to, into) => {
      into.copy(text, from, to);
      cut(into);
      return true;
    };
  }
  if (normalizer.characters === undefined) return null;
  const table = new CharacterTable(normalizer.characters);
  return (text, from, to, into) => {
    if (!table.write(text, from, to, into)) return false;
    cut(into);
    return true;
  };
}
