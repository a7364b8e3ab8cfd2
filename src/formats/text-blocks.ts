import { ConfigError, DataError } from '../core/index.ts';

/** A piece of a text file: whole lines (the last one may lack its line end), and the number of the first, from 1. */
export interface TextBlock {
  readonly text: string;
  readonly line: number;
}

/** How text files are read. */
export interface TextOptions {
  /** The file's name in errors. */
  source?: string;
  /** The characters' encoding, by a name that TextDecoder knows; default `utf-8`. */
  encoding?: string;
}

/** Where a file's text is cut into blocks. */
export interface BlockOptions extends TextOptions {
  /** Cuts behind this character too, where the encoding is UTF-8: a file may have no line ends. */
  cutAt?: ',';
}

/**
 * A file's bytes as text, block by block, cut at line ends; a byte order mark is dropped.
 * Unlike a browser's or Node's own decoding, a byte that is not valid in the encoding is an error, not a `�`.
 * @throws DataError naming line and byte offset of the first broken byte, and the likely encoding.
 * @throws ConfigError for an encoding that is unknown, or whose line ends are not single bytes (UTF-16).
 */
export async function* readTextBlocks(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { source = 'the file', encoding = 'utf-8', cutAt }: BlockOptions = {},
): AsyncGenerator<TextBlock> {
  const decoder = makeDecoder(encoding);
  // In other encodings the byte may be a part of a character.
  const mark = cutAt !== undefined && decoder.encoding === 'utf-8' ? cutAt.charCodeAt(0) : 10;
  let line = 1;
  let offset = 0;
  const decode = (bytes: Uint8Array): TextBlock => {
    if (offset === 0) refuseUtf16(bytes, source);
    const skipped = offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    const block = { text: decodeOrExplain(decoder, bytes, skipped, { source, line, offset }), line };
    offset += bytes.length;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) line++;
    return block;
  };
  let pending: Uint8Array[] = [];
  for await (const chunk of chunks) {
    const end = Math.max(chunk.lastIndexOf(10), chunk.lastIndexOf(mark)) + 1;
    if (end > 0) {
      yield decode(join([...pending, chunk.subarray(0, end)]));
      pending = [];
    }
    if (end < chunk.length) pending.push(chunk.subarray(end));
  }
  if (pending.length > 0) yield decode(join(pending));
}

function makeDecoder(encoding: string): TextDecoder {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  } catch (cause) {
    throw new ConfigError(
      `encoding: ${encoding} is not known here; use utf-8, euc-kr, shift_jis, windows-1252 or another web label.`,
      {
        cause,
      },
    );
  }
  if (decoder.encoding.startsWith('utf-16')) {
    throw new ConfigError(`encoding: ${encoding} cannot be read line by line; save the file as UTF-8.`);
  }
  return decoder;
}

function refuseUtf16(bytes: Uint8Array, source: string): void {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new DataError(`${source}: the file is UTF-16 by its first two bytes; UTF-8 is needed; save it as UTF-8.`);
  }
}

function decodeOrExplain(
  decoder: TextDecoder,
  bytes: Uint8Array,
  skipped: number,
  { source, line, offset }: { source: string; line: number; offset: number },
): string {
  const body = skipped > 0 ? bytes.subarray(skipped) : bytes;
  try {
    const text = decoder.decode(body);
    return decoder.encoding === 'windows-1252' ? withWindows1252(text) : text;
  } catch {
    // Where it broke is worked out below.
  }
  const at = firstBroken(decoder, body) + skipped;
  let brokenLine = line;
  for (let i = 0; i < at; i++) if (bytes[i] === 10) brokenLine++;
  const hex = (bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0');
  throw new DataError(
    `${source}: line ${brokenLine}, byte ${offset + at} (0x${hex}) is not ${decoder.encoding.toUpperCase()}; ` +
      `${likelyEncoding(body, decoder.encoding)}save the file as UTF-8 or name its encoding.`,
  );
}

/** What windows-1252 has at 0x80 to 0x9F, where ISO 8859-1 has control characters; unassigned places stay as they are. */
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * Text with the control characters U+0080 to U+009F read as windows-1252. They stand in no real text: they come from writers
 * that say ISO 8859-1 and mean windows-1252, and from Node's TextDecoder, which before version 24 confuses the two itself.
 */
export function withWindows1252(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (control) => windows1252[control.charCodeAt(0) - 0x80]!);
}

function decodes(decoder: TextDecoder, bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Where the first character that cannot be decoded begins. Prefixes decode up to a point and never after it. */
function firstBroken(decoder: TextDecoder, bytes: Uint8Array): number {
  const prefixDecodes = (length: number): boolean => {
    try {
      decoder.decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    } finally {
      resetStream(decoder);
    }
  };
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (prefixDecodes(middle)) good = middle;
    else bad = middle;
  }
  // `good` may end inside a character that the next byte breaks, or that the text's end cuts; go back to where it begins.
  while (good > 0 && !decodes(decoder, bytes.subarray(0, good))) good--;
  return good;
}

function resetStream(decoder: TextDecoder): void {
  try {
    decoder.decode();
  } catch {
    // An unfinished character at the stream's end: being told so is what resets the decoder.
  }
}

function likelyEncoding(bytes: Uint8Array, tried: string): string {
  for (const encoding of ['utf-8', 'euc-kr', 'shift_jis']) {
    if (encoding !== tried && decodes(new TextDecoder(encoding, { fatal: true }), bytes)) {
      return `it reads as ${encoding === 'euc-kr' ? 'EUC-KR (CP949)' : encoding.toUpperCase()}; `;
    }
  }
  return '';
}

function join(parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
