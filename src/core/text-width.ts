import { eastAsianWidth } from 'get-east-asian-width';

let segmenter: Intl.Segmenter | undefined;

/** The characters of a text as people see them: a letter with its accents, a family emoji, a syllable typed as jamo. */
export function* graphemesOf(text: string): Generator<string> {
  // Made when first needed: it costs as much to make as everything else that a short command does.
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

/**
 * The columns that a text takes on a terminal: two for Korean, Chinese and Japanese characters and for emoji, none for accents,
 * control characters and colour codes. Widths are those of Unicode's table (UAX 11), where ambiguous ones count one.
 */
export function textWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemesOf(text.replace(escapeCode, ''))) width += graphemeWidth(grapheme);
  return width;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what it looks for
const escapeCode = /\x1b\[[\d;:?]*[ -/]*[@-~]/g;
const emoji = /\p{Emoji_Presentation}|\p{Emoji}[\uFE0F\u20E3]|\p{Extended_Pictographic}.*\u200D|\p{Regional_Indicator}{2}/u;
/** What stands on, in or behind another character: marks, joiners, and vowels and finals of a Korean syllable typed as jamo. */
const withoutWidth = /[\p{Cc}\p{Cf}\p{Cs}\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}\u1160-\u11FF\uD7B0-\uD7FF]/u;

function graphemeWidth(grapheme: string): number {
  if (emoji.test(grapheme)) return 2;
  let width = 0;
  for (const character of grapheme) {
    if (!withoutWidth.test(character)) width += eastAsianWidth(character.codePointAt(0)!);
  }
  return width;
}
