import { Encoding } from '../encoding.ts';

/** A place of a template: one of the texts, or special tokens as they are encoded. */
export type TemplatePiece = { readonly sequence: number; readonly typeId: number } | { readonly special: Encoding };

/** How many special tokens a template adds. */
export function addedBy(template: readonly TemplatePiece[]): number {
  return template.reduce((sum, piece) => sum + ('special' in piece ? piece.special.length : 0), 0);
}

/**
 * Encodings in the order that a template says, to be put together. Type ids are the template's, also in what truncation cut off; there Hugging
 * Face's library leaves 0 for the first text and 1 for the second whatever the template says.
 */
export function applyTemplate(
  template: readonly TemplatePiece[],
  encodings: readonly Encoding[],
  addSpecialTokens: boolean,
): Encoding[] {
  const parts: Encoding[] = [];
  for (const piece of template) {
    if ('sequence' in piece) parts.push(encodings[piece.sequence]!.asPart(piece.sequence, piece.typeId));
    else if (addSpecialTokens) parts.push(piece.special);
  }
  return parts;
}

/** The place of a template that has special tokens. */
export function specialTokens(ids: readonly number[], tokens: readonly string[], typeId: number): TemplatePiece {
  const all = <T>(value: T): T[] => new Array(ids.length).fill(value);
  const spans = new Array(2 * ids.length).fill(0);
  const special = new Encoding({
    length: ids.length,
    ids: [...ids],
    type_ids: all(typeId),
    tokens: [...tokens],
    word_ids: all<number | null>(null),
    special_tokens_mask: all(1),
    attention_mask: all(1),
    spans,
    codePointSpans: spans,
    sequences: new Map(),
  });
  return { special };
}
