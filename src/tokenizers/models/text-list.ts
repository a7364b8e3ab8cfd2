import { textOf } from '../text/unit-text.ts';

/** Many short texts in one list of UTF-16 units, one after another: no object for each. */
export class TextList {
  readonly units: Uint16Array;
  /** Text i goes from `bounds[i]` to `bounds[i + 1]`. */
  readonly bounds: Int32Array;

  /** Takes over units and bounds, the last of which is where the last text ends. */
  constructor(units: Uint16Array, bounds: Int32Array) {
    this.units = units;
    this.bounds = bounds;
  }

  /** The list of some texts. */
  static of(texts: readonly string[]): TextList {
    const bounds = new Int32Array(texts.length + 1);
    let length = 0;
    for (let i = 0; i < texts.length; i++) {
      length += texts[i]!.length;
      bounds[i + 1] = length;
    }
    const units = new Uint16Array(length);
    let place = 0;
    for (const text of texts) for (let i = 0; i < text.length; i++) units[place++] = text.charCodeAt(i);
    return new TextList(units, bounds);
  }

  /** How many texts there are. */
  get length(): number {
    return this.bounds.length - 1;
  }

  /** One of them as a string. */
  at(i: number): string {
    return textOf(this.units, this.bounds[i]!, this.bounds[i + 1]!);
  }
}
