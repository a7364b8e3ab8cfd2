import { type Component, type ComponentDefinition, type JsonObject, type ReadComponent, readFields } from '../component.ts';

/** Turns tokens back into text. */
export interface Decoder extends Component {
  /** The tokens, changed so that the text is their concatenation. */
  decode_chain(tokens: readonly string[]): string[];
  /** The text of tokens. */
  decode(tokens: readonly string[]): string;
}

type Decode = (tokens: readonly string[]) => string[];

type Work<Fields extends object> =
  | { readonly decode: (tokens: readonly string[], fields: Fields) => string[] }
  | { readonly prepare: (fields: Fields, read: (json: unknown, name: string) => Decoder) => Decode };

type DecoderRow<Fields extends object> = Work<Fields> & {
  readonly type: string;
  /** Its JSON fields with their defaults. */
  readonly defaults: Fields;
  /** Throws a ConfigError for fields that cannot be used. */
  readonly check?: (fields: Fields, where: string) => void;
};

/** A decoder's definition, which also makes one from its fields. */
export interface DecoderDefinition<Fields extends object> extends ComponentDefinition<Decoder> {
  (fields?: Partial<Fields>): Decoder;
}

/** Makes a row for the registry of decoders. `prepare` stands in for `decode` where something is compiled once. */
/*@__NO_SIDE_EFFECTS__*/
export function defineDecoder<Fields extends object>(row: DecoderRow<Fields>): DecoderDefinition<Fields> {
  const fromJSON = (json: JsonObject, where: string, read?: ReadComponent<Decoder>): Decoder => {
    const fields = readFields(where, row.type, json, row.defaults);
    row.check?.(fields, where);
    const decode: Decode =
      'prepare' in row
        ? row.prepare(fields, (child, name) => {
            if (read === undefined) throw new TypeError(`${row.type} holds components and is made from JSON.`);
            return read(child, `${where}.${name}`);
          })
        : (tokens) => row.decode(tokens, fields);
    return {
      type: row.type,
      decode_chain: decode,
      decode: (tokens) => decode(tokens).join(''),
      toJSON: () => ({ type: row.type, ...(fields as unknown as JsonObject) }),
    };
  };
  return Object.assign((fields: Partial<Fields> = {}) => fromJSON(fields as unknown as JsonObject, row.type), {
    type: row.type,
    fromJSON,
  });
}
