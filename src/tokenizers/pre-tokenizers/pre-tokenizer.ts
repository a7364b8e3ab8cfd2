import { type Component, type ComponentDefinition, type JsonObject, type ReadComponent, readFields } from '../component.ts';
import { wellFormed } from '../text/characters.ts';
import { NormalizedString } from '../text/normalized-string.ts';
import { codePointOffsets } from '../text/offsets.ts';
import { Pieces } from '../text/pieces.ts';
import type { UnitText } from '../text/unit-text.ts';

/** Cuts normalized text into the pieces that the model sees one at a time: words, mostly. */
export interface PreTokenizer extends Component {
  /** The pieces, cut further. */
  preTokenize(pieces: Pieces): Pieces;
  /** The same in place, where it can be done so: quicker, and what encoding uses. */
  readonly cut?: Cut | undefined;
  /** The pieces of a plain string, each with its start and end in it, counted in code points as Hugging Face does. */
  pre_tokenize_str(text: string): [piece: string, offsets: [start: number, end: number]][];
}

/** What a pre-tokenizer does to pieces. */
export type PreTokenize = (pieces: Pieces) => Pieces;
/** What a pre-tokenizer does to the pieces of a text in place. */
export type Cut = (text: UnitText) => void;

type Work<Fields extends object> =
  | { readonly preTokenize: (pieces: Pieces, fields: Fields) => Pieces }
  | {
      readonly prepare: (
        fields: Fields,
        read: (json: unknown, name: string) => PreTokenizer,
      ) => PreTokenize | { preTokenize: PreTokenize; cut: Cut | undefined };
    };

type PreTokenizerRow<Fields extends object> = Work<Fields> & {
  readonly type: string;
  /** Its JSON fields with their defaults. */
  readonly defaults: Fields;
  /** Throws a ConfigError for fields that cannot be used. */
  readonly check?: (fields: Fields, where: string) => void;
};

/** A pre-tokenizer's definition, which also makes one from its fields: `Whitespace()`. */
export interface PreTokenizerDefinition<Fields extends object> extends ComponentDefinition<PreTokenizer> {
  (fields?: Partial<Fields>): PreTokenizer;
}

/** Makes a row for the registry of pre-tokenizers. `prepare` stands in for `preTokenize` where something is compiled once. */
/*@__NO_SIDE_EFFECTS__*/
export function definePreTokenizer<Fields extends object>(row: PreTokenizerRow<Fields>): PreTokenizerDefinition<Fields> {
  const fromJSON = (json: JsonObject, where: string, read: ReadComponent<PreTokenizer>): PreTokenizer => {
    const fields = readFields(where, row.type, json, row.defaults);
    row.check?.(fields, where);
    const prepared =
      'prepare' in row
        ? row.prepare(fields, (child, name) => read(child, `${where}.${name}`))
        : (pieces: Pieces) => row.preTokenize(pieces, fields);
    const { preTokenize, cut } = typeof prepared === 'function' ? { preTokenize: prepared, cut: undefined } : prepared;
    return {
      type: row.type,
      preTokenize,
      cut,
      pre_tokenize_str: (text) => {
        const pieces = preTokenize(new Pieces(new NormalizedString(wellFormed(text))));
        const offsets = codePointOffsets(text, pieces.originals());
        return pieces.texts().map((piece, i) => [piece, offsets[i]!]);
      },
      toJSON: () => ({ type: row.type, ...(fields as unknown as JsonObject) }),
    };
  };
  const make = (fields: Partial<Fields> = {}) =>
    fromJSON(fields as unknown as JsonObject, row.type, () => {
      throw new TypeError(`${row.type} holds components and is made from JSON: readPreTokenizer(json).`);
    });
  return Object.assign(make, { type: row.type, fromJSON });
}
