import { defineNormalizer, type NormalizerDefinition } from './normalizers/normalizer.ts';
import type { Spelling } from './specific-parts.ts';
import { matchesOf } from './text/matches.ts';
import type { NormalizedString } from './text/normalized-string.ts';

const anyCharacter = /*@__PURE__*/ matchesOf(/./gsu);

const spaces = /*@__PURE__*/ matchesOf(/ /g);

/** The fields of CapitalLetters. */
interface CapitalLettersFields {
  /** What spaces become. */
  delimiter: string;
}

/** Capital letters, and a token for spaces. No tokenizer.json has it: vocabularies of capitals come without one. */
export const CapitalLetters: NormalizerDefinition<CapitalLettersFields> = /*@__PURE__*/ defineNormalizer<CapitalLettersFields>({
  type: 'CapitalLetters',
  defaults: { delimiter: '|' },
  prepare: ({ delimiter }) => ({
    normalize: (text) => uppercase(text).replace(spaces, delimiter),
    characters: (character) => (character === ' ' ? delimiter : character.toUpperCase()),
  }),
});

function uppercase(given: NormalizedString): NormalizedString {
  const { text } = given;
  const upper = text.toUpperCase();
  if (upper.length === text.length) return given.withSameLengths(upper);
  return given.rewrite(anyCharacter, (start, end, put) => put(text.slice(start, end).toUpperCase(), start));
}

/** How the letters of a speech model are written out. */
export interface LetterSpelling {
  /** The token between words. */
  readonly delimiter: string;
  /** What stands between words in a text. */
  readonly space: string;
  /** The vocabulary has capital letters and the text shall have small ones. */
  readonly lowers: boolean;
}

/**
 * Makes text of the tokens of frames: of equal ones in a row one is kept, then the padding token, CTC's blank, goes. Special
 * tokens that are to be skipped go before that, the blank among them, as in Hugging Face: doubled letters then become one.
 * Source: Graves et al., 2006, "Connectionist temporal classification".
 */
export function letterSpelling({ delimiter, space, lowers }: LetterSpelling) {
  return (given: readonly (string | undefined)[], spelling: Spelling): string => {
    const { special, skip_special_tokens = false, group_tokens = true, pad_token, unk_token } = spelling;
    const named = given.map((token) => token ?? unk_token ?? '');
    const tokens = skip_special_tokens ? named.filter((token) => token === delimiter || !special.has(token)) : named;
    const text = tokens
      .filter((token, i) => !(group_tokens && token === tokens[i - 1]) && token !== pad_token)
      .map((token) => (token === delimiter ? space : token))
      .join('')
      .trim();
    return lowers ? text.toLowerCase() : text;
  };
}
