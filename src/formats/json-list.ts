import { DataError } from '../core/index.ts';
import { readTextBlocks, type TextOptions } from './text-blocks.ts';

/**
 * The items of a file that is one JSON list, in batches: the list is never whole in memory, only the item being read.
 * @throws DataError for a broken encoding, for an item that is not JSON, with its number from 0, and for a file that is no list.
 */
export async function* readJsonList(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: TextOptions = {},
): AsyncGenerator<unknown[]> {
  const reader = new ListReader(options.source ?? 'the file');
  for await (const { text } of readTextBlocks(chunks, { ...options, cutAt: ',' })) {
    const items = reader.push(text);
    if (items.length > 0) yield items;
  }
  reader.end();
}

/** Cuts blocks of text at the commas between a list's items; an item may go on over many blocks. */
class ListReader {
  readonly #source: string;
  #state: 'before' | 'inside' | 'behind' = 'before';
  /** The parts of the item that the last block left open, and how many brackets of its own are open. */
  #parts: string[] = [];
  #depth = 0;
  #isInString = false;
  #count = 0;

  constructor(source: string) {
    this.#source = source;
  }

  push(text: string): unknown[] {
    const items: unknown[] = [];
    let start = 0;
    if (this.#state === 'before') {
      const first = text.search(notSpace);
      if (first < 0) return items;
      if (text[first] !== '[') throw this.#error(`begins with ${JSON.stringify(text[first])}; a list in brackets is needed`);
      this.#state = 'inside';
      start = first + 1;
    }
    let at = start;
    while (this.#state === 'inside') {
      const marks = this.#isInString ? stringMarks : itemMarks;
      marks.lastIndex = at;
      const mark = marks.exec(text)?.[0];
      if (mark === undefined) break;
      at = marks.lastIndex;
      // A backslash takes the character behind it along, and blocks end behind no backslash.
      if (mark === '"') this.#isInString = !this.#isInString;
      else if (mark === '{' || mark === '[') this.#depth++;
      else if (this.#depth > 0 && (mark === '}' || mark === ']')) this.#depth--;
      else if (this.#depth === 0 && (mark === ',' || mark === ']')) {
        this.#parts.push(text.slice(start, at - 1));
        this.#close(mark === ']', items);
        start = at;
      }
    }
    if (this.#state === 'inside') this.#parts.push(text.slice(start));
    else if (notSpace.test(text.slice(start))) throw this.#error('goes on behind the list of rows; nothing may follow it');
    return items;
  }

  end(): void {
    if (this.#state === 'before') throw this.#error('is empty; a list in brackets is needed');
    if (this.#state === 'inside') throw this.#error(`ends inside item ${this.#count} of the list; get the file again`);
  }

  #close(isLast: boolean, items: unknown[]): void {
    const json = this.#parts.join('');
    this.#parts = [];
    if (isLast) this.#state = 'behind';
    if (isLast && this.#count === 0 && !notSpace.test(json)) return;
    try {
      items.push(JSON.parse(json));
    } catch (cause) {
      throw this.#error(`has a list whose item ${this.#count} is not JSON (${(cause as Error).message}); mend it`, cause);
    }
    this.#count++;
  }

  #error(what: string, cause?: unknown): DataError {
    return new DataError(`${this.#source}: the file ${what}.`, cause === undefined ? undefined : { cause });
  }
}

const notSpace = /[^ \t\r\n]/;
const itemMarks = /["{}[\],]/g;
const stringMarks = /"|\\[\s\S]/g;
