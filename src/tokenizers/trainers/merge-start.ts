import type { MergeStart } from './pair-merges.ts';

/** How words are spelled before anything is merged. */
export interface AlphabetOptions {
  /** The first tokens, in this order. */
  readonly special_tokens: readonly string[];
  /** How many different characters are kept, the most frequent ones. */
  readonly limit_alphabet: number | undefined;
  /** Characters to have also where no text has them; of a longer text, its first. */
  readonly initial_alphabet: readonly string[];
  /** What stands before a character that continues a word; empty for nothing. */
  readonly continuing_subword_prefix: string;
  /** What stands behind the last character of a word; empty for nothing. */
  readonly end_of_word_suffix: string;
}

/** Bits of a character's form: whether it has the prefix, and whether it has the suffix. */
const prefixed = 1;
const suffixed = 2;
const formCount = 4;

/**
 * The tokens that training starts with, and the words spelled in them. Special tokens come first, then the characters by code
 * point, then the prefixed ones, those with the suffix, and those with both. `order` sorts all of these last three instead:
 * Hugging Face's library has them in the random order of its hash map, and breaks ties between merges by their numbers.
 */
export function startOf(
  words: ReadonlyMap<string, number>,
  options: AlphabetOptions,
  order?: (tokenA: string, tokenB: string) => number,
): MergeStart {
  const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = options;
  const tokens: string[] = [];
  const ids = new Map<string, number>();
  const idOf = (token: string): number => {
    let id = ids.get(token);
    if (id === undefined) {
      id = tokens.push(token) - 1;
      ids.set(token, id);
    }
    return id;
  };
  options.special_tokens.forEach(idOf);

  const spelling = new Spelling(words, prefix !== '', suffix !== '');
  const { characters, forms } = spelling;
  const kept = keptCharacters(new Map(characters.map((character, i) => [character, spelling.frequencies[i]!])), options);
  kept.forEach(idOf);
  const isKept = new Set(kept);
  for (const token of options.special_tokens) if (isOneCharacter(token)) isKept.add(token);

  const formed = [prefixed, suffixed, prefixed | suffixed].flatMap((form) =>
    characters
      .filter((character, i) => forms[i]! & (1 << form) && isKept.has(character))
      .sort(byCodePoint)
      .map((character) => spelled(character, form, prefix, suffix)),
  );
  if (order !== undefined) formed.sort(order);
  formed.forEach(idOf);

  const idOfForm = new Int32Array(characters.length * formCount).fill(-1);
  for (const [i, character] of characters.entries()) {
    if (!isKept.has(character)) continue;
    for (let form = 0; form < formCount; form++) {
      if (forms[i]! & (1 << form)) idOfForm[i * formCount + form] = ids.get(spelled(character, form, prefix, suffix))!;
    }
  }
  return { tokens, ...spelling.inSymbols(idOfForm) };
}

/** The words in the characters they have, each with its form. */
class Spelling {
  /** The characters in the order in which they were first seen. */
  readonly characters: string[] = [];
  /** How often each occurs. */
  readonly frequencies: number[] = [];
  /** In which forms each occurs: a bit for each. */
  readonly forms: number[] = [];
  readonly #numberOfUnit = new Int32Array(0x10000).fill(-1);
  readonly #numberOfPair = new Map<number, number>();
  /** For all words, one after the other: each character's number times `formCount`, plus its form. */
  readonly #spelled: Int32Array;
  readonly #starts: Int32Array;
  readonly #counts: Float64Array;

  constructor(words: ReadonlyMap<string, number>, hasPrefix: boolean, hasSuffix: boolean) {
    let units = 0;
    for (const word of words.keys()) units += word.length;
    this.#spelled = new Int32Array(units);
    this.#starts = new Int32Array(words.size + 1);
    this.#counts = new Float64Array(words.size);
    let end = 0;
    let number = 0;
    for (const [word, count] of words) {
      const { length } = word;
      for (let i = 0; i < length; ) {
        const codePoint = word.codePointAt(i)!;
        const width = codePoint > 0xffff ? 2 : 1;
        const form = (hasPrefix && i > 0 ? prefixed : 0) | (hasSuffix && i + width === length ? suffixed : 0);
        let character = codePoint > 0xffff ? (this.#numberOfPair.get(codePoint) ?? -1) : this.#numberOfUnit[codePoint]!;
        if (character < 0) character = this.#add(codePoint);
        this.frequencies[character]! += count;
        this.forms[character]! |= 1 << form;
        this.#spelled[end++] = character * formCount + form;
        i += width;
      }
      this.#counts[number++] = count;
      this.#starts[number] = end;
    }
  }

  /** The words in symbols, given for each form of each character; a character whose symbol is -1 is left out, as if the word had been written without it. */
  inSymbols(symbolOfForm: Int32Array): Omit<MergeStart, 'tokens'> {
    const symbols = this.#spelled;
    const starts = this.#starts;
    let end = 0;
    let from = 0;
    for (let word = 1; word < starts.length; word++) {
      const to = starts[word]!;
      for (; from < to; from++) {
        const symbol = symbolOfForm[symbols[from]!]!;
        if (symbol >= 0) symbols[end++] = symbol;
      }
      starts[word] = end;
    }
    return { symbols, starts, counts: this.#counts };
  }

  #add(codePoint: number): number {
    const number = this.characters.push(String.fromCodePoint(codePoint)) - 1;
    this.frequencies.push(0);
    this.forms.push(0);
    if (codePoint > 0xffff) this.#numberOfPair.set(codePoint, number);
    else this.#numberOfUnit[codePoint] = number;
    return number;
  }
}

/** The characters of the alphabet in the order of their code points. */
function keptCharacters(
  frequency: Map<string, number>,
  { initial_alphabet, limit_alphabet }: Pick<AlphabetOptions, 'initial_alphabet' | 'limit_alphabet'>,
): string[] {
  for (const text of initial_alphabet) {
    const [character] = text;
    if (character !== undefined) frequency.set(character, Number.POSITIVE_INFINITY);
  }
  return [...frequency]
    .sort(([a, m], [b, n]) => (m === n ? byCodePoint(a, b) : n > m ? 1 : -1))
    .slice(0, limit_alphabet)
    .map(([character]) => character)
    .sort(byCodePoint);
}

function spelled(character: string, form: number, prefix: string, suffix: string): string {
  return (form & prefixed ? prefix : '') + character + (form & suffixed ? suffix : '');
}

function isOneCharacter(token: string): boolean {
  const first = token.codePointAt(0);
  return first !== undefined && token.length === (first > 0xffff ? 2 : 1);
}

function byCodePoint(a: string, b: string): number {
  return a.codePointAt(0)! - b.codePointAt(0)!;
}
