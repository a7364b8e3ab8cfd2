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

  const frequency = new Map<string, number>();
  const forms = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()];
  let length = 0;
  for (const [word, count] of words) {
    walk(word, prefix, suffix, (character, form) => {
      frequency.set(character, (frequency.get(character) ?? 0) + count);
      forms[form]!.add(character);
      length++;
    });
  }
  const kept = keptCharacters(frequency, options);
  kept.forEach(idOf);
  const isKept = new Set(kept);
  for (const token of options.special_tokens) if (isOneCharacter(token)) isKept.add(token);

  const formed = [prefixed, suffixed, prefixed | suffixed].flatMap((form) =>
    [...forms[form]!]
      .filter((character) => isKept.has(character))
      .sort(byCodePoint)
      .map((character) => spelled(character, form, prefix, suffix)),
  );
  if (order !== undefined) formed.sort(order);
  formed.forEach(idOf);

  const idsByForm = forms.map(
    (characters, form) =>
      new Map(
        [...characters]
          .filter((character) => isKept.has(character))
          .map((character) => [character, ids.get(spelled(character, form, prefix, suffix))!]),
      ),
  );
  const symbols = new Int32Array(length);
  const starts = new Int32Array(words.size + 1);
  const counts = new Float64Array(words.size);
  let end = 0;
  let number = 0;
  for (const [word, count] of words) {
    walk(word, prefix, suffix, (character, form) => {
      // A character outside the alphabet is skipped, as if the word had been written without it.
      const id = idsByForm[form]!.get(character);
      if (id !== undefined) symbols[end++] = id;
    });
    counts[number++] = count;
    starts[number] = end;
  }
  return { tokens, symbols, starts, counts };
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

/** Calls `visit` for each character of a word with the form it has there. */
function walk(word: string, prefix: string, suffix: string, visit: (character: string, form: number) => void): void {
  let place = 0;
  for (const character of word) {
    const isInside = place > 0;
    place += character.length;
    visit(character, (isInside && prefix !== '' ? prefixed : 0) | (place === word.length && suffix !== '' ? suffixed : 0));
  }
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
