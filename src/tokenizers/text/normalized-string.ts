import { byteCharacters, toByteCharacters } from './byte-characters.ts';
import { type CharacterClass, whiteSpace } from './characters.ts';
import { matchesOf, type Pattern } from './matches.ts';
import { type NormalizationForm, normalized } from './normalization.ts';
import { isHigh, isLow, widthAt } from './surrogates.ts';

/**
 * Text on its way through normalizers, which knows for each of its UTF-16 units the stretch of the original it came from.
 * Immutable: each change gives a new one. Where nothing changed a length, no alignment is kept at all.
 *
 * Alignments follow Hugging Face's NormalizedString: a new character takes those of the one before it, a replaced one its own.
 */
export class NormalizedString {
  /** The text as it is now. */
  readonly text: string;
  /** Where `text` began in what the user handed in, when it is a part of that. UTF-16 units. */
  readonly shift: number;
  readonly #starts: Int32Array | null;
  readonly #ends: Int32Array | null;

  constructor(text: string, shift = 0, starts: Int32Array | null = null, ends: Int32Array | null = null) {
    this.text = text;
    this.shift = shift;
    this.#starts = starts;
    this.#ends = ends;
  }

  /** Whether each unit of the text came from the unit of the original at the same place. */
  get isIdentity(): boolean {
    return this.#starts === null;
  }

  /** Where the original of a unit begins, without the shift. */
  startOf(unit: number): number {
    if (this.#starts !== null) return this.#starts[unit]!;
    return unit > 0 && isLow(this.text.charCodeAt(unit)) && isHigh(this.text.charCodeAt(unit - 1)) ? unit - 1 : unit;
  }

  /** Where the original of a unit ends, without the shift. */
  endOf(unit: number): number {
    if (this.#ends !== null) return this.#ends[unit]!;
    return isHigh(this.text.charCodeAt(unit)) && isLow(this.text.charCodeAt(unit + 1)) ? unit + 2 : unit + 1;
  }

  /** The same text with other characters in it, one unit for each unit. */
  withSameLengths(text: string): NormalizedString {
    return text === this.text ? this : new NormalizedString(text, this.shift, this.#starts, this.#ends);
  }

  /** Keeps the characters that are not in the class. */
  remove(characters: CharacterClass): NormalizedString {
    return characters.isIn(this.text) ? this.replace(characters.runs, '') : this;
  }

  /** Lower case, character by character: a capital sigma always becomes σ, also at the end of a word. */
  lowercase(): NormalizedString {
    const lower = this.text.replaceAll('Σ', 'σ').toLowerCase();
    // One letter gets longer: İ becomes i and a dot above.
    if (lower.length === this.text.length) return this.withSameLengths(lower);
    return this.rewrite(dottedCapitals, (start, _end, put) => put('i\u0307', start)).lowercase();
  }

  /** Without white space at its ends. */
  strip(left: boolean, right: boolean): NormalizedString {
    const { text } = this;
    let from = 0;
    let to = text.length;
    while (left && from < to && whiteSpace.low[text.charCodeAt(from)]) from++;
    while (right && to > from && whiteSpace.low[text.charCodeAt(to - 1)]) to--;
    return from === 0 && to === text.length ? this : this.slice(from, to);
  }

  /** The part between two places of the text. */
  slice(from: number, to: number): NormalizedString {
    const rewriter = new Rewriter(this);
    rewriter.keep(from, to);
    return rewriter.done();
  }

  /** With `content` in place of each match; `content` is taken letter by letter, `$1` in it means nothing. */
  replace(pattern: Pattern, content: string): NormalizedString {
    // New characters take the alignment of the character before them, which is the last one that was replaced.
    return this.rewrite(pattern, (_start, end, put) => put(content, end - 1));
  }

  /**
   * With each match of a pattern replaced by what `handle` puts there; `put` takes a text and the unit whose alignment it gets. Empty matches may put text before the unit they stand at.
   */
  rewrite(
    pattern: Pattern,
    handle: (start: number, end: number, put: (text: string, unit: number) => void) => void,
  ): NormalizedString {
    const rewriter = new Rewriter(this);
    let last = 0;
    let found = false;
    const put = (text: string, unit: number) => rewriter.put(text, unit);
    pattern.find(this.text, (start, end) => {
      found = true;
      rewriter.keep(last, start);
      handle(start, end, put);
      last = end;
    });
    if (!found) return this;
    rewriter.keep(last, this.text.length);
    return rewriter.done();
  }

  /** With `content` put before each of the units at `places` (ascending); it takes the alignment of the unit it comes before. */
  insert(content: string, places: readonly number[]): NormalizedString {
    const rewriter = new Rewriter(this);
    let last = 0;
    for (const place of places) {
      rewriter.keep(last, place);
      rewriter.put(content, place);
      last = place;
    }
    rewriter.keep(last, this.text.length);
    return rewriter.done();
  }

  /** With each character replaced by what stands for the bytes of its UTF-8 form in byte-level vocabularies. */
  toBytes(): NormalizedString {
    const { text } = this;
    if (unchangedAsBytes.test(text)) return this;
    if (isAscii(text))
      return this.withSameLengths(text.replace(asciiChangedAsBytes, (one) => byteCharacters[one.charCodeAt(0)]!));
    const rewriter = new Rewriter(this);
    for (let unit = 0; unit < text.length; unit += widthAt(text, unit)) {
      const character = text.slice(unit, unit + widthAt(text, unit));
      rewriter.put(toByteCharacters(character), unit, unit + character.length - 1);
    }
    return rewriter.done();
  }

  /** In one of Unicode's normalization forms, by the tables of Unicode 9.0 as in Hugging Face's library. */
  toForm(form: NormalizationForm): NormalizedString {
    if (isAscii(this.text)) return this;
    const text = normalized(this.text, form);
    if (text === this.text) return this;
    const decomposing = form.endsWith('D');
    const { characters, changes } = decomposed(this.text, form.includes('K') ? 'NFKD' : 'NFD');
    if (decomposing) return this.transform(characters, changes);
    return this.transform(...composed(text, characters, changes));
  }

  /**
   * Rebuilds the text from characters with a number each: 0 where the character replaces the next one of the text, 1 where it
   * is new, -n where it replaces the next one and the n after that are dropped.
   */
  transform(characters: readonly string[], changes: readonly number[]): NormalizedString {
    const { text } = this;
    const rewriter = new Rewriter(this);
    let unit = 0;
    for (const [i, character] of characters.entries()) {
      const change = changes[i]!;
      if (change > 0) {
        rewriter.put(character, unit - 1);
        continue;
      }
      rewriter.put(character, unit);
      for (let replaced = change; replaced <= 0; replaced++) unit += widthAt(text, unit);
    }
    return rewriter.done();
  }
}

const dottedCapitals = /*@__PURE__*/ matchesOf(/\u0130/g);

/** Collects a new text with the alignments of an old one. */
class Rewriter {
  readonly #source: NormalizedString;
  readonly #parts: string[] = [];
  #length = 0;
  #starts: Int32Array;
  #ends: Int32Array;

  constructor(source: NormalizedString) {
    this.#source = source;
    this.#starts = new Int32Array(source.text.length + 16);
    this.#ends = new Int32Array(source.text.length + 16);
  }

  /** Takes over the units from `from` to `to`. */
  keep(from: number, to: number): void {
    if (from >= to) return;
    this.#reserve(to - from);
    for (let unit = from; unit < to; unit++) {
      this.#starts[this.#length] = this.#source.startOf(unit);
      this.#ends[this.#length++] = this.#source.endOf(unit);
    }
    this.#parts.push(this.#source.text.slice(from, to));
  }

  /** Adds text with the alignment of one unit, or of a few; before the first unit there is only the empty stretch at 0. */
  put(text: string, unit: number, last = unit): void {
    this.#reserve(text.length);
    const start = unit < 0 ? 0 : this.#source.startOf(unit);
    const end = unit < 0 ? 0 : this.#source.endOf(last);
    this.#starts.fill(start, this.#length, this.#length + text.length);
    this.#ends.fill(end, this.#length, this.#length + text.length);
    this.#length += text.length;
    this.#parts.push(text);
  }

  done(): NormalizedString {
    const { shift } = this.#source;
    return new NormalizedString(
      this.#parts.join(''),
      shift,
      this.#starts.subarray(0, this.#length),
      this.#ends.subarray(0, this.#length),
    );
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#starts.length) return;
    const grow = (old: Int32Array) => {
      const bigger = new Int32Array(Math.max(needed, 2 * old.length));
      bigger.set(old);
      return bigger;
    };
    this.#starts = grow(this.#starts);
    this.#ends = grow(this.#ends);
  }
}

/** ASCII whose bytes stand for themselves in byte-level vocabularies, and the rest of it. */
const unchangedAsBytes = /^[!-~]*$/;
const asciiChangedAsBytes = /[^!-~]/g;

const beyondAscii = /[^\0-\x7f]/;

/** Whether all characters are below U+0080. */
function isAscii(text: string): boolean {
  return !beyondAscii.test(text);
}

/** The full decomposition, with 0 for the first character of each source character and 1 for the others, in canonical order. */
function decomposed(text: string, form: 'NFD' | 'NFKD'): { characters: string[]; changes: number[] } {
  const characters: string[] = [];
  const changes: number[] = [];
  for (const character of text) {
    let change = 0;
    for (const part of normalized(character, form)) {
      characters.push(part);
      changes.push(change);
      change = 1;
    }
  }
  const sorted = [...normalized(text, form)];
  return { characters: sorted, changes: carried(sorted, characters, changes) };
}

/** Changes that go with `sorted`, a stable reordering of `characters`: equal characters never pass one another. */
function carried(sorted: readonly string[], characters: readonly string[], changes: readonly number[]): number[] {
  const queues = queuesOf(characters, changes);
  return sorted.map((character) => queues.get(character)!.next());
}

/** The composed text with its changes: a character made of several drops the others. */
function composed(text: string, characters: readonly string[], changes: readonly number[]): [string[], number[]] {
  const queues = queuesOf(characters, changes);
  const result = [...text];
  const sums = result.map((character) => {
    let change = 1;
    for (const part of normalized(character, 'NFD')) change += queues.get(part)!.next() - 1;
    return change;
  });
  return [result, sums];
}

interface Queue {
  next(): number;
}

function queuesOf(characters: readonly string[], changes: readonly number[]): Map<string, Queue> {
  const lists = new Map<string, number[]>();
  for (const [i, character] of characters.entries()) {
    const list = lists.get(character);
    if (list === undefined) lists.set(character, [changes[i]!]);
    else list.push(changes[i]!);
  }
  const queues = new Map<string, Queue>();
  for (const [character, list] of lists) {
    let at = 0;
    queues.set(character, { next: () => list[at++]! });
  }
  return queues;
}
