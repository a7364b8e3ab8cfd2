import { ConfigError, UnsupportedError } from '../../core/index.ts';
import { brief } from '../component.ts';
import { Pieces } from '../text/pieces.ts';
import type { UnitText } from '../text/unit-text.ts';
import { type Cut, definePreTokenizer, type PreTokenize, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/** Which pieces get the mark for a space in front: all that have none, that at the beginning of the text, or no piece. */
export type PrependScheme = 'always' | 'first' | 'never';

/** The fields of Metaspace, as pre-tokenizer and as decoder. */
export interface MetaspaceFields {
  /** What stands for a space: one character. */
  replacement: string;
  prepend_scheme: PrependScheme;
  /** Split before each mark. */
  split: boolean;
  /** An older way to say `prepend_scheme`: false is never. */
  add_prefix_space: boolean | null;
  /** `replacement` once more, in older files. */
  str_rep: string | null;
}

/** The defaults of Metaspace. */
export const metaspaceDefaults: MetaspaceFields = {
  replacement: '▁',
  prepend_scheme: 'always',
  split: true,
  add_prefix_space: null,
  str_rep: null,
};

/** Throws a ConfigError for fields of Metaspace that cannot be used. */
export function checkMetaspace(fields: MetaspaceFields, where: string): void {
  const { replacement, prepend_scheme, add_prefix_space } = fields;
  if ([...replacement].length !== 1)
    throw new ConfigError(`${where}: replacement is ${brief(replacement)}; one character is needed.`);
  if (replacement.length !== 1)
    throw new UnsupportedError(`${where}: replacement is ${brief(replacement)}; a character below U+10000 is needed.`);
  if (!['always', 'first', 'never'].includes(prepend_scheme))
    throw new ConfigError(`${where}: prepend_scheme is ${brief(prepend_scheme)}; always, first or never is needed.`);
  if (add_prefix_space !== null && typeof add_prefix_space !== 'boolean')
    throw new ConfigError(`${where}: add_prefix_space is ${brief(add_prefix_space)}; true, false or null is needed.`);
}

/** The scheme that the fields say, in the new way or the old. */
export function schemeOf({ prepend_scheme, add_prefix_space }: MetaspaceFields): PrependScheme {
  return add_prefix_space === false ? 'never' : prepend_scheme;
}

/**
 * SentencePiece's pieces: spaces become marks, and each mark begins a piece.
 * In tokenizer.json: `{ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true }`.
 */
export const Metaspace: PreTokenizerDefinition<MetaspaceFields> = definePreTokenizer<MetaspaceFields>({
  type: 'Metaspace',
  defaults: metaspaceDefaults,
  check: checkMetaspace,
  prepare: (fields) => {
    const { replacement, split } = fields;
    const scheme = schemeOf(fields);
    const preTokenize: PreTokenize = (given) => {
      const spelled = given.spelled();
      const { source } = spelled;
      const text = source.text.replaceAll(' ', replacement);
      let pieces = new Pieces(source.withSameLengths(text), spelled.bounds);
      if (scheme !== 'never') {
        const isFirst = (start: number) => scheme === 'always' || source.shift + source.startOf(start) === 0;
        pieces = pieces.prepend(replacement, (start) => text[start] !== replacement && isFirst(start));
      }
      return split ? pieces.split(replacement, 'merged_with_next') : pieces;
    };
    const mark = replacement.charCodeAt(0);
    const cut: Cut = (text) => {
      text.spell();
      text.replaceUnit(space, mark);
      if (scheme !== 'never') {
        const isFirst = (from: number) => scheme === 'always' || text.shift + text.startOf(from) === 0;
        text.prepend(mark, (from) => text.units[from] !== mark && isFirst(from));
      }
      if (split) text.recut((whole, from, to) => cutBefore(mark, whole, from, to));
    };
    return { preTokenize, cut };
  },
});

const space = 0x20;

function cutBefore(mark: number, text: UnitText, from: number, to: number): void {
  const { units } = text;
  let start = from;
  for (let i = from + 1; i < to; i++) {
    if (units[i] !== mark) continue;
    text.piece(start, i);
    start = i;
  }
  text.piece(start, to);
}
