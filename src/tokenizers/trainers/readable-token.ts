import { bytesOfCharacters } from '../text/byte-characters.ts';

/**
 * A token as a person reads it. Characters that stand for bytes become the text that those spell; bytes that are no whole
 * character are written `<0xEC>`, as SentencePiece writes them. Hangul letters are put together to syllables where they make
 * one, and stand as letters of their own (ㄴ) where they do not.
 */
export function readableToken(token: string, areBytes: boolean): string {
  return withHangul(areBytes ? textOfBytes(token) : token);
}

function textOfBytes(token: string): string {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = bytesOfCharacters[character.charCodeAt(0)] ?? -1;
    // Special tokens are not spelled in bytes.
    if (byte < 0) return token;
    bytes.push(byte);
  }
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const size = sizeOfCharacter(bytes[i]!);
    const character = size === 0 ? null : decoded(bytes.slice(i, i + size), size);
    text += character ?? `<0x${bytes[i]!.toString(16).toUpperCase().padStart(2, '0')}>`;
    i += character === null ? 1 : size;
  }
  return text;
}

/** How many bytes a character has that begins with this one; 0 where none does. */
function sizeOfCharacter(first: number): number {
  if (first < 0x80) return 1;
  return first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

function decoded(bytes: readonly number[], size: number): string | null {
  if (bytes.length < size) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}

/** The letters of Unicode's three rows of conjoining Hangul as letters that stand alone. */
const initials = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const vowels = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ';
const finals = 'ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ';

function withHangul(text: string): string {
  return text.replace(/[\u1100-\u11ff]+/g, (letters) =>
    letters.normalize('NFC').replace(/[\u1100-\u11ff]/g, (letter) => {
      const code = letter.charCodeAt(0);
      return initials[code - 0x1100] ?? vowels[code - 0x1161] ?? finals[code - 0x11a8] ?? letter;
    }),
  );
}
