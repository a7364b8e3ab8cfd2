/**
 * The printable characters that stand for the bytes 0–255 in byte-level vocabularies: printable bytes for themselves, the
 * others moved up from U+0100 on. Source: Radford et al., 2019, the code of GPT-2 (`bytes_to_unicode`).
 */
export const byteCharacters: readonly string[] = /*@__PURE__*/ makeByteCharacters();

/** The byte that each of `byteCharacters` stands for; -1 for any other unit below U+0200. */
export const bytesOfCharacters: Int16Array = /*@__PURE__*/ makeBytesOfCharacters();

function makeByteCharacters(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(isPrintable ? byte : next++);
  });
}

function makeBytesOfCharacters(): Int16Array {
  const bytes = new Int16Array(0x200).fill(-1);
  for (const [byte, character] of byteCharacters.entries()) bytes[character.charCodeAt(0)] = byte;
  return bytes;
}

/** How many bytes of UTF-8 a UTF-16 unit of well-formed text takes; the halves of a surrogate pair take two each. */
export function utf8Length(unit: number): number {
  return unit < 0x80 ? 1 : unit < 0x800 ? 2 : (unit & 0xf800) === 0xd800 ? 2 : 3;
}

const unitsOfBytes: Uint16Array = /*@__PURE__*/ Uint16Array.from(byteCharacters, (character) => character.charCodeAt(0));

/** So many bytes are put together at a time. */
const chunk = 1 << 10;

/** Text with each byte of its UTF-8 form as a character. */
export function toByteCharacters(text: string): string {
  const units = new Uint16Array(Math.min(chunk, 3 * text.length));
  let result = '';
  let length = 0;
  const flush = () => {
    result += String.fromCharCode.apply(null, units.subarray(0, length) as unknown as number[]);
    length = 0;
  };
  const put = (byte: number) => {
    units[length++] = unitsOfBytes[byte]!;
  };
  for (let i = 0; i < text.length; i++) {
    if (length > chunk - 4) flush();
    let code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    else if ((code & 0xf800) === 0xd800) code = 0xfffd;
    if (code < 0x80) put(code);
    else {
      if (code < 0x800) put(0xc0 | (code >> 6));
      else {
        if (code < 0x10000) put(0xe0 | (code >> 12));
        else {
          put(0xf0 | (code >> 18));
          put(0x80 | ((code >> 12) & 0x3f));
        }
        put(0x80 | ((code >> 6) & 0x3f));
      }
      put(0x80 | (code & 0x3f));
    }
  }
  flush();
  return result;
}
