import { type Component, type ComponentDefinition, type JsonObject, readFields } from '../component.ts';
import { type ReadVocabulary, readVocabulary } from '../tokenizer-json.ts';

/** Where a model writes the tokens of a text, one after another, with start and end of each among the units it was given. */
export interface TokenSink {
  add(id: number, start: number, end: number): void;
  /** Adds a token whose text is not that of its id. */
  addSpelled(id: number, start: number, end: number, text: string): void;
}

/** Turns a piece of text into tokens. */
export interface Model extends Component {
  /** Writes the tokens of a text's UTF-16 units from `start` to `end`. */
  tokenize(units: Uint16Array, start: number, end: number, sink: TokenSink): void;
  /**
   * The same for a text that is to be read as the bytes of its UTF-8 form, each a character of the vocabulary. A model without
   * it gets those characters.
   */
  tokenizeBytes?(units: Uint16Array, start: number, end: number, sink: TokenSink): void;
  /** The id of a token of the vocabulary, or undefined. */
  token_to_id(token: string): number | undefined;
  /** The token with an id, or undefined. */
  id_to_token(id: number): string | undefined;
  /** The vocabulary, from token to id. */
  get_vocab(): Map<string, number>;
  /** How many tokens the vocabulary has. */
  readonly vocab_size: number;
  /** The token for what the vocabulary cannot spell, where the model has one. */
  readonly unk_token: string | null;
  /** Files that older programs read the model from, by name: `vocab.txt`. */
  vocabularyFiles(): Record<string, string>;
}

interface ModelRow<Fields extends object> {
  readonly type: string;
  /** Its JSON fields with their defaults. */
  readonly defaults: Fields;
  /** Throws a ConfigError for fields that cannot be used. */
  readonly check?: (fields: Fields, where: string) => void;
  /** Whether JSON without a type is this model. */
  readonly recognise: (json: JsonObject) => boolean;
  readonly create: (fields: Fields, where: string) => Model;
  /** The same with vocabulary and merges as they were read from bytes, of a kind that it knows; those of `fields` are empty. */
  readonly createRead?: (fields: Fields, read: ReadVocabulary, where: string) => Model;
}

/** Makes a row for the registry of models. */
/*@__NO_SIDE_EFFECTS__*/
export function defineModel<Fields extends object>(row: ModelRow<Fields>): ComponentDefinition<Model> {
  return {
    type: row.type,
    recognise: row.recognise,
    fromJSON: (json, where) => {
      const fields = readFields(where, row.type, json, row.defaults);
      row.check?.(fields, where);
      const read = (json as { [readVocabulary]?: ReadVocabulary })[readVocabulary];
      return read === undefined ? row.create(fields, where) : row.createRead!(fields, read, where);
    },
  };
}
