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

const encoder = /*@__PURE__*/ new TextEncoder();

/** Text with each byte of its UTF-8 form as a character. */
export function toByteCharacters(text: string): string {
  let result = '';
  for (const byte of encoder.encode(text)) result += byteCharacters[byte];
  return result;
}
