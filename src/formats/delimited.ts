import { ConfigError, DataError } from '../core/index.ts';
import { readTextBlocks, type TextOptions } from './text-blocks.ts';

/** How delimited text (CSV, TSV) is read. Names are pandas' and so those of Hugging Face's `csv` loader. */
export interface DelimitedOptions extends TextOptions {
  /** One character between cells; default `,`. */
  delimiter?: string;
  /**
   * `minimal`: a cell that starts with the quote character is quoted, and a quote inside it is doubled (RFC 4180);
   * `none`: quotes are text like any other;
   * `auto`: in tab-separated files `minimal` where every quote reads as quoting, else `none`; in others `minimal`.
   * Default `auto`, as review files such as NSMC hold bare quotes between tabs.
   */
  quoting?: 'auto' | 'minimal' | 'none';
  /** Default `"`. */
  quotechar?: string;
}

/** A row's cells and the line it starts on, from 1. */
export interface DelimitedRow {
  readonly line: number;
  readonly cells: string[];
}

/** A quote that does not read as quoting; what makes `auto` read quotes as text. */
class QuoteError extends DataError {
  override name = 'DataError';
}

/**
 * The rows of delimited text in batches; lines with nothing on them are skipped. `open` gives the file's bytes from its
 * start, and is called a second time when `auto` finds that quotes are text.
 * @throws DataError for a broken encoding, or (`minimal`) a quote out of place, with its line.
 */
export async function* readDelimited(
  open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: DelimitedOptions = {},
): AsyncGenerator<DelimitedRow[]> {
  const { delimiter = ',', quoting = 'auto', quotechar = '"' } = options;
  for (const [name, value] of Object.entries({ delimiter, quotechar })) {
    if (value.length !== 1 || value === '\n' || value === '\r') {
      throw new ConfigError(`${name}: ${JSON.stringify(value)} came; one character that is not a line end is needed.`);
    }
  }
  const asText = quoting === 'none' || (quoting === 'auto' && delimiter === '\t' && !(await isQuoted(open, options)));
  const reader = new RowReader(delimiter, asText ? null : quotechar, options.source ?? 'the file');
  for await (const { text, line } of readTextBlocks(open(), options)) {
    const rows = reader.push(text, line);
    if (rows.length > 0) yield rows;
  }
  const last = reader.end();
  if (last.length > 0) yield last;
}

/** Whether every quote in the file reads as quoting. */
async function isQuoted(
  open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: DelimitedOptions,
): Promise<boolean> {
  try {
    for await (const _rows of readDelimited(open, { ...options, quoting: 'minimal' }));
    return true;
  } catch (error) {
    if (error instanceof QuoteError) return false;
    throw error;
  }
}

/** Cuts blocks of whole lines into rows; a quoted cell may go on over many blocks. */
class RowReader {
  readonly #delimiter: string;
  readonly #quote: string | null;
  readonly #source: string;
  /** The row and the quoted cell that the last block left open. */
  #cells: string[] = [];
  #quoted: string[] | null = null;
  #rowLine = 0;

  constructor(delimiter: string, quote: string | null, source: string) {
    this.#delimiter = delimiter;
    this.#quote = quote;
    this.#source = source;
  }

  push(text: string, firstLine: number): DelimitedRow[] {
    if (this.#quoted === null && (this.#quote === null || !text.includes(this.#quote))) return this.#plain(text, firstLine);
    return this.#withQuotes(text, firstLine, this.#quote!);
  }

  end(): DelimitedRow[] {
    if (this.#quoted === null) return [];
    throw new QuoteError(
      `${this.#source}: a quoted cell that starts in the row of line ${this.#rowLine} never ends; ` +
        `close the quote, or read with quoting 'none' if quotes are plain text.`,
    );
  }

  #plain(text: string, firstLine: number): DelimitedRow[] {
    const rows: DelimitedRow[] = [];
    let line = firstLine;
    let start = 0;
    while (start < text.length) {
      let end = text.indexOf('\n', start);
      if (end < 0) end = text.length;
      const stop = end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
      if (stop > start) rows.push({ line, cells: text.slice(start, stop).split(this.#delimiter) });
      line++;
      start = end + 1;
    }
    return rows;
  }

  #withQuotes(text: string, firstLine: number, quote: string): DelimitedRow[] {
    const rows: DelimitedRow[] = [];
    let line = firstLine;
    let at = 0;
    while (at < text.length) {
      if (this.#quoted === null && this.#cells.length === 0) {
        this.#rowLine = line;
        const blank = text.startsWith('\r\n', at) ? 2 : text.startsWith('\n', at) ? 1 : 0;
        if (blank > 0) {
          line++;
          at += blank;
          continue;
        }
      }
      if (this.#quoted === null && text[at] === quote) {
        this.#quoted = [];
        at++;
      }
      if (this.#quoted !== null) {
        const end = text.indexOf(quote, at);
        const piece = text.slice(at, end < 0 ? text.length : end);
        this.#quoted.push(piece);
        line += countLineEnds(piece);
        if (end < 0) return rows;
        at = end + 1;
        if (text[at] === quote) {
          this.#quoted.push(quote);
          at++;
          continue;
        }
        this.#cells.push(this.#quoted.join(''));
        this.#quoted = null;
      } else {
        const stop = nextStop(text, at, this.#delimiter);
        this.#cells.push(text.slice(at, stop));
        at = stop;
      }
      if (text[at] === this.#delimiter) {
        at++;
        // A delimiter at the very end of the text is followed by one more, empty cell.
        if (at < text.length && !isLineEnd(text, at)) continue;
        this.#cells.push('');
      }
      if (text[at] === '\r' && isLineEnd(text, at)) at++;
      if (at < text.length && text[at] !== '\n') {
        throw new QuoteError(
          `${this.#source}: line ${line} has ${JSON.stringify(text[at])} after a closing quote; the delimiter or the line's end ` +
            `is needed; double the quotes inside a quoted cell, or read with quoting 'none' if quotes are plain text.`,
        );
      }
      at++;
      line++;
      rows.push({ line: this.#rowLine, cells: this.#cells });
      this.#cells = [];
    }
    return rows;
  }
}

/** The end of an unquoted cell: the next delimiter or line end. */
function nextStop(text: string, from: number, delimiter: string): number {
  const lineEnd = text.indexOf('\n', from);
  let end = lineEnd < 0 ? text.length : lineEnd;
  if (end > from && text.charCodeAt(end - 1) === 13) end--;
  // Looked for inside the row alone: a file without delimiters must not be searched to its end for each row.
  const next = text.slice(from, end).indexOf(delimiter);
  return next < 0 ? end : from + next;
}

function isLineEnd(text: string, at: number): boolean {
  return text[at] === '\n' || (text[at] === '\r' && (at + 1 === text.length || text[at + 1] === '\n'));
}

function countLineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
