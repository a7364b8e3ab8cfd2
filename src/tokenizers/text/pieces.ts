import { utf8Length } from './byte-characters.ts';
import { CharacterClass } from './characters.ts';
import type { Pattern } from './matches.ts';
import type { NormalizedString } from './normalized-string.ts';
import { isHigh, isLow } from './surrogates.ts';

/** What becomes of the matches that a text is split at, spelled as in Hugging Face's Python. */
export type SplitBehavior = 'removed' | 'isolated' | 'merged_with_previous' | 'merged_with_next' | 'contiguous';

/** What a text is split at: characters of a class, a literal string, or the matches of a pattern. */
export type SplitPattern = CharacterClass | Pattern | string;

/**
 * A normalized text cut into pieces that do not overlap. Immutable: each split gives a new one.
 * The pieces are places in one text, so splitting copies no characters and keeps the way back to the original.
 */
export class Pieces {
  /** The text that the pieces are of. */
  readonly source: NormalizedString;
  /** Start and end of each piece in `source.text`, one after another. No piece is empty. */
  readonly bounds: readonly number[];

  /**
   * Whether the pieces are to be read as the bytes of their UTF-8 form. `source` still has the characters then, so that a model
   * that knows bytes need not see them spelled out; `spelled` has them so.
   */
  readonly areBytes: boolean;

  constructor(source: NormalizedString, bounds?: readonly number[], areBytes = false) {
    this.source = source;
    this.bounds = bounds ?? (source.text.length > 0 ? [0, source.text.length] : []);
    this.areBytes = areBytes;
  }

  /** How many pieces there are. */
  get length(): number {
    return this.bounds.length / 2;
  }

  /** The texts of the pieces. */
  texts(): string[] {
    const { source, bounds } = this.spelled();
    const texts: string[] = [];
    for (let i = 0; i < bounds.length; i += 2) texts.push(source.text.slice(bounds[i], bounds[i + 1]));
    return texts;
  }

  /** The same pieces with their bytes spelled out as characters, where they are to be read as bytes. */
  spelled(): Pieces {
    if (!this.areBytes) return this;
    const source = this.source.toBytes();
    if (source.text.length === this.source.text.length) return new Pieces(source, this.bounds);
    const { text } = this.source;
    let unit = 0;
    let length = 0;
    const bounds = this.bounds.map((bound) => {
      for (; unit < bound; unit++) length += utf8Length(text.charCodeAt(unit));
      return length;
    });
    return new Pieces(source, bounds);
  }

  /** The same pieces, to be read as the bytes of their UTF-8 form. */
  asBytes(): Pieces {
    return this.areBytes ? this.spelled().asBytes() : new Pieces(this.source, this.bounds, true);
  }

  /** With `content` at the beginning of the pieces that `wants` it, which sees where in the text a piece begins. */
  prepend(content: string, wants: (start: number) => boolean): Pieces {
    if (this.areBytes) return this.spelled().prepend(content, wants);
    const places: number[] = [];
    const bounds: number[] = [];
    for (let i = 0; i < this.bounds.length; i += 2) {
      bounds.push(this.bounds[i]! + places.length * content.length);
      if (wants(this.bounds[i]!)) places.push(this.bounds[i]!);
      bounds.push(this.bounds[i + 1]! + places.length * content.length);
    }
    return places.length === 0 ? this : new Pieces(this.source.insert(content, places), bounds);
  }

  /** Where each piece came from in what the user handed in, start and end in UTF-16 units. */
  originals(): [start: number, end: number][] {
    const { source, bounds } = this;
    const ranges: [number, number][] = [];
    for (let i = 0; i < bounds.length; i += 2) {
      ranges.push([source.shift + source.startOf(bounds[i]!), source.shift + source.endOf(bounds[i + 1]! - 1)]);
    }
    return ranges;
  }

  /** Splits every piece at the matches of a pattern; with `invert`, at what lies between the matches. */
  split(pattern: SplitPattern, behavior: SplitBehavior, { invert = false }: { invert?: boolean } = {}): Pieces {
    if (this.areBytes) return this.spelled().split(pattern, behavior, { invert });
    const { text } = this.source;
    const result: number[] = [];
    for (let i = 0; i < this.bounds.length; i += 2) {
      const from = this.bounds[i]!;
      const to = this.bounds[i + 1]!;
      if (pattern instanceof CharacterClass && !invert && behavior === 'removed') splitRemoved(text, from, to, pattern, result);
      else if (pattern instanceof CharacterClass && !invert && behavior === 'isolated')
        splitIsolated(text, from, to, pattern, result);
      else arrange(findMatches(text, from, to, pattern, invert), behavior, result);
    }
    return new Pieces(this.source, result);
  }
}

function splitRemoved(text: string, from: number, to: number, characters: CharacterClass, result: number[]): void {
  const { low } = characters;
  let start = from;
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i);
    if (low[unit] === 0 && !isHigh(unit)) continue;
    const width = matchWidth(text, i, unit, characters);
    if (width === 0) continue;
    if (start < i) result.push(start, i);
    start = i + width;
    i = start - 1;
  }
  if (start < to) result.push(start, to);
}

function splitIsolated(text: string, from: number, to: number, characters: CharacterClass, result: number[]): void {
  const { low } = characters;
  let start = from;
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i);
    if (low[unit] === 0 && !isHigh(unit)) continue;
    const width = matchWidth(text, i, unit, characters);
    if (width === 0) continue;
    if (start < i) result.push(start, i);
    start = i + width;
    result.push(i, start);
    i = start - 1;
  }
  if (start < to) result.push(start, to);
}

/** How many units a member of the class takes at this place: 0 where there is none. */
function matchWidth(text: string, at: number, unit: number, characters: CharacterClass): number {
  if (!isHigh(unit) || !isLow(text.charCodeAt(at + 1))) return characters.low[unit]!;
  return characters.has(text.codePointAt(at)!) ? 2 : 0;
}

interface Stretch {
  start: number;
  end: number;
  isMatch: boolean;
}

/** Cuts a piece into stretches that match and stretches that do not, without gaps. */
function findMatches(text: string, from: number, to: number, pattern: SplitPattern, invert: boolean): Stretch[] {
  const stretches: Stretch[] = [];
  let last = from;
  const add = (start: number, end: number) => {
    if (last < start) stretches.push({ start: last, end: start, isMatch: invert });
    if (start < end) stretches.push({ start, end, isMatch: !invert });
    last = end;
  };
  if (pattern instanceof CharacterClass) {
    for (let i = from; i < to; ) {
      const width = matchWidth(text, i, text.charCodeAt(i), pattern);
      if (width > 0) add(i, i + width);
      i += width || 1;
    }
  } else if (typeof pattern === 'string') {
    if (pattern !== '') {
      for (let at = text.indexOf(pattern, from); at >= 0 && at + pattern.length <= to; at = text.indexOf(pattern, last)) {
        add(at, at + pattern.length);
      }
    }
  } else {
    // A look-around must not see past the piece, so the piece is cut out before it is searched.
    pattern.find(text.slice(from, to), (start, end) => add(from + start, from + end));
  }
  if (last < to) stretches.push({ start: last, end: to, isMatch: invert });
  return stretches;
}

/** Writes the pieces that a behaviour makes of the stretches. */
function arrange(stretches: Stretch[], behavior: SplitBehavior, result: number[]): void {
  if (behavior === 'merged_with_next') {
    const pieces: number[][] = [];
    let previous = false;
    for (const { start, end, isMatch } of stretches.toReversed()) {
      const last = pieces.at(-1);
      if (isMatch && !previous && last !== undefined) last[0] = start;
      else pieces.push([start, end]);
      previous = isMatch;
    }
    for (const [start, end] of pieces.toReversed()) result.push(start!, end!);
    return;
  }
  const first = result.length;
  let previous = false;
  for (const { start, end, isMatch } of stretches) {
    const joins =
      result.length > first &&
      ((behavior === 'merged_with_previous' && isMatch && !previous) || (behavior === 'contiguous' && isMatch === previous));
    previous = isMatch;
    if (joins) result[result.length - 1] = end;
    else if (behavior !== 'removed' || !isMatch) result.push(start, end);
  }
}
