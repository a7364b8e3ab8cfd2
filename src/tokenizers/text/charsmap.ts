import { ConfigError } from '../../core/index.ts';

/**
 * SentencePiece's table of normalizations, compiled at training time: a trie over UTF-8 bytes (a double array, as Darts lays
 * it out), and the texts that its values point at, each up to a zero byte.
 * Source: Aoe, 1989, "An efficient digital search algorithm by using a double-array structure"; Kudo's darts-clone.
 */
export class Charsmap {
  readonly #units: Uint32Array;
  readonly #texts: Uint8Array;
  readonly #found = new Map<string, string | null>();

  /** @throws ConfigError when the sizes that the bytes tell do not fit them. */
  constructor(bytes: Uint8Array, where: string) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = bytes.length >= 4 ? view.getUint32(0, true) : -1;
    if (size < 4 || size % 4 !== 0 || 4 + size > bytes.length)
      throw new ConfigError(
        `${where}: a table of ${size} bytes is announced and ${bytes.length} are there; fetch the file again.`,
      );
    this.#units = new Uint32Array(size / 4);
    for (let i = 0; i < this.#units.length; i++) this.#units[i] = view.getUint32(4 + 4 * i, true);
    this.#texts = bytes.subarray(4 + size);
  }

  /** What becomes of a text that begins with something the table has: the shortest such beginning decides. Null where it has none. */
  find(text: string): string | null {
    let found = this.#found.get(text);
    if (found === undefined) {
      found = this.#search(encoder.encode(text));
      if (this.#found.size < remembered) this.#found.set(text, found);
    }
    return found;
  }

  #search(key: Uint8Array): string | null {
    const units = this.#units;
    let node = offsetOf(units[0]!);
    for (const byte of key) {
      if (byte === 0) return null;
      node ^= byte;
      const unit = units[node];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return null;
      node ^= offsetOf(unit);
      if ((unit >>> 8) & 1) return this.#textAt((units[node] ?? 0) & 0x7fffffff);
    }
    return null;
  }

  #textAt(start: number): string {
    const end = this.#texts.indexOf(0, start);
    return decoder.decode(this.#texts.subarray(start, end < 0 ? undefined : end));
  }
}

/** How many answers are kept: characters and short clusters, so a text has few that differ. */
const remembered = 1 << 16;

const encoder = /*@__PURE__*/ new TextEncoder();
const decoder = /*@__PURE__*/ new TextDecoder('utf-8', { ignoreBOM: true });

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
