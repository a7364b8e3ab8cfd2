import { isHigh, isLow, widthAt } from './surrogates.ts';

/** Sees where a match begins and ends, in UTF-16 units. */
export type SeeMatch = (start: number, end: number) => void;

/** What a text is searched for. */
export interface Pattern {
  /** Calls `see` for the matches in a text, in order and not overlapping. */
  find(text: string, see: SeeMatch): void;
}

/** The matches of a regular expression (global, unicode). */
export function matchesOf(expression: RegExp): Pattern {
  return {
    find: (text, see) => {
      // The expression itself is run: a copy for each text, as `matchAll` makes, costs more than most texts do.
      expression.lastIndex = 0;
      for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
        const { index } = match;
        const end = index + match[0].length;
        if (end === index) expression.lastIndex = index + widthAt(text, index);
        // V8 lets a look behind match between the halves of a surrogate pair.
        if (isLow(text.charCodeAt(index)) && isHigh(text.charCodeAt(index - 1))) expression.lastIndex = index + 1;
        else see(index, end);
      }
    },
  };
}
