import { NormalizedString } from './normalized-string.ts';
import { Pieces } from './pieces.ts';
import { isHigh, isLow } from './surrogates.ts';

/** Larger lists than this are let go once a text is done. */
const keptUnits = 1 << 16;

/**
 * A normalized text cut into pieces, as the model reads it: UTF-16 units and places in lists of numbers that the next text uses
 * again, so that a text costs no objects. What `NormalizedString` and `Pieces` say of a text, it says of one text at a time.
 */
export class UnitText {
  /** The units, `length` of them; what comes after means nothing. */
  units: Uint16Array = new Uint16Array(1 << 10);
  length = 0;
  /** Whether each unit came from the unit of the original at the same place; `starts` and `ends` mean nothing then. */
  isIdentity = true;
  /** Where the original of each unit begins and ends, without the shift. */
  starts: Int32Array = new Int32Array(1 << 10);
  ends: Int32Array = new Int32Array(1 << 10);
  /** Where the text began in what the user handed in. */
  shift = 0;
  /** Start and end of each piece, `boundCount` numbers. No piece is empty. */
  bounds: Int32Array = new Int32Array(1 << 8);
  boundCount = 0;
  /** Whether the pieces are to be read as the bytes of their UTF-8 form. */
  areBytes = false;
  /** Whether the original has surrogate pairs. */
  hasPairs = false;
  #otherUnits: Uint16Array = new Uint16Array(0);
  #otherStarts: Int32Array = new Int32Array(0);
  #otherEnds: Int32Array = new Int32Array(0);
  #otherBounds: Int32Array = new Int32Array(1 << 8);

  /** Begins a text of at most `most` units; `shift` is where it began in what the user handed in. */
  begin(most: number, shift: number): void {
    if (this.units.length < most) this.units = new Uint16Array(most + (most >> 1));
    this.length = 0;
    this.isIdentity = true;
    this.shift = shift;
    this.areBytes = false;
    this.hasPairs = false;
    this.boundCount = 0;
  }

  /** Makes room for a number of units, those written so far kept; alignments get as much. */
  reserve(needed: number): void {
    if (needed > this.units.length) this.units = copied(this.units, new Uint16Array(needed + (needed >> 1)));
    if (this.starts.length < this.units.length) {
      this.starts = copied(this.starts, new Int32Array(this.units.length));
      this.ends = copied(this.ends, new Int32Array(this.units.length));
    }
  }

  /** From now on `starts` and `ends` say where units came from. */
  align(): void {
    if (!this.isIdentity) return;
    this.reserve(this.length);
    const { starts, ends, length } = this;
    for (let unit = 0; unit < length; unit++) {
      starts[unit] = this.startOf(unit);
      ends[unit] = this.endOf(unit);
    }
    this.isIdentity = false;
  }

  /** Where the original of a unit begins, without the shift. */
  startOf(unit: number): number {
    if (!this.isIdentity) return this.starts[unit]!;
    return unit > 0 && isLow(this.units[unit]!) && isHigh(this.units[unit - 1]!) ? unit - 1 : unit;
  }

  /** Where the original of a unit ends, without the shift. */
  endOf(unit: number): number {
    if (!this.isIdentity) return this.ends[unit]!;
    return unit + 1 < this.length && isHigh(this.units[unit]!) && isLow(this.units[unit + 1]!) ? unit + 2 : unit + 1;
  }

  /** Takes over part of a text as it is. */
  copy(text: string, from: number, to: number): void {
    this.begin(to - from, from);
    const { units } = this;
    for (let i = from; i < to; i++) {
      const unit = text.charCodeAt(i);
      units[i - from] = unit;
      if ((unit & 0xf800) === 0xd800) this.hasPairs = true;
    }
    this.length = to - from;
    this.onePiece();
  }

  /** Takes over a text with its pieces. */
  load({ source, bounds, areBytes }: Pieces): void {
    const { text } = source;
    this.copy(text, 0, text.length);
    this.shift = source.shift;
    if (!source.isIdentity) {
      this.reserve(text.length);
      this.isIdentity = false;
      for (let unit = 0; unit < text.length; unit++) {
        this.starts[unit] = source.startOf(unit);
        this.ends[unit] = source.endOf(unit);
      }
    }
    this.areBytes = areBytes;
    this.boundCount = 0;
    for (let i = 0; i < bounds.length; i += 2) this.piece(bounds[i]!, bounds[i + 1]!);
  }

  /** Makes one piece of the whole text. */
  onePiece(): void {
    this.boundCount = 0;
    if (this.length > 0) this.piece(0, this.length);
  }

  /** Adds a piece. */
  piece(from: number, to: number): void {
    if (this.boundCount === this.bounds.length) this.bounds = copied(this.bounds, new Int32Array(2 * this.bounds.length));
    this.bounds[this.boundCount++] = from;
    this.bounds[this.boundCount++] = to;
  }

  /** Cuts each piece further: `cut` adds what becomes of the one from `from` to `to`. */
  recut(cut: (text: UnitText, from: number, to: number) => void): void {
    const old = this.bounds;
    const count = this.boundCount;
    this.bounds = this.#otherBounds;
    this.#otherBounds = old;
    this.boundCount = 0;
    for (let i = 0; i < count; i += 2) cut(this, old[i]!, old[i + 1]!);
  }

  /** Puts a unit in front of the pieces that `wants` it; it came from where the unit after it came from. */
  prepend(unit: number, wants: (from: number) => boolean): void {
    this.align();
    const { units, starts, ends, bounds, boundCount } = this;
    const needed = this.length + boundCount / 2;
    if (this.#otherUnits.length < needed) {
      this.#otherUnits = new Uint16Array(needed + (needed >> 1));
      this.#otherStarts = new Int32Array(this.#otherUnits.length);
      this.#otherEnds = new Int32Array(this.#otherUnits.length);
    }
    const [newUnits, newStarts, newEnds] = [this.#otherUnits, this.#otherStarts, this.#otherEnds];
    let length = 0;
    // What stands between the pieces is seen by nobody any more.
    for (let i = 0; i < boundCount; i += 2) {
      const from = bounds[i]!;
      const to = bounds[i + 1]!;
      bounds[i] = length;
      if (wants(from)) {
        newUnits[length] = unit;
        newStarts[length] = starts[from]!;
        newEnds[length++] = ends[from]!;
      }
      for (let k = from; k < to; k++) {
        newUnits[length] = units[k]!;
        newStarts[length] = starts[k]!;
        newEnds[length++] = ends[k]!;
      }
      bounds[i + 1] = length;
    }
    [this.units, this.starts, this.ends] = [newUnits, newStarts, newEnds];
    [this.#otherUnits, this.#otherStarts, this.#otherEnds] = [units, starts, ends];
    this.length = length;
  }

  /** Puts one unit in the place of another everywhere. */
  replaceUnit(old: number, unit: number): void {
    const { units, length } = this;
    for (let i = 0; i < length; i++) if (units[i] === old) units[i] = unit;
  }

  /** Spells bytes out as characters, where the pieces are to be read as bytes. */
  spell(): void {
    if (this.areBytes) this.load(this.pieces().spelled());
  }

  /** The same as objects that stay as they are. */
  pieces(): Pieces {
    const { length, isIdentity, starts, ends } = this;
    const text = textOf(this.units, 0, length);
    const source = isIdentity
      ? new NormalizedString(text, this.shift)
      : new NormalizedString(text, this.shift, starts.slice(0, length), ends.slice(0, length));
    return new Pieces(source, Array.from(this.bounds.subarray(0, this.boundCount)), this.areBytes);
  }

  /** Lets lists go that a very long text has left behind. */
  release(): void {
    if (this.units.length <= keptUnits && this.bounds.length <= keptUnits) return;
    this.units = new Uint16Array(1 << 10);
    this.starts = new Int32Array(1 << 10);
    this.ends = new Int32Array(1 << 10);
    this.bounds = new Int32Array(1 << 8);
    this.#otherUnits = new Uint16Array(0);
    this.#otherStarts = new Int32Array(0);
    this.#otherEnds = new Int32Array(0);
    this.#otherBounds = new Int32Array(1 << 8);
  }
}

const decoder = /*@__PURE__*/ new TextDecoder('utf-16le', { ignoreBOM: true });

/** The text of some units. Short texts are made at once; for long ones the platform's decoder is quicker. */
export function textOf(units: Uint16Array, from: number, to: number): string {
  const part = units.subarray(from, to);
  return part.length <= 4096 ? String.fromCharCode.apply(null, part as unknown as number[]) : decoder.decode(part);
}

/** The units of a text. */
export function unitsOfText(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return units;
}

function copied<A extends Uint16Array | Int32Array>(old: A, bigger: A): A {
  bigger.set(old);
  return bigger;
}
