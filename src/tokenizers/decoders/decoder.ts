import { type Component, type ComponentDefinition, type JsonObject, type ReadComponent, readFields } from '../component.ts';

/** Turns tokens back into text. */
export interface Decoder extends Component {
  /** The tokens, changed so that the text is their concatenation. */
  decode_chain(tokens: readonly string[]): string[];
  /** The text of tokens. */
  decode(tokens: readonly string[]): string;
}

interface DecoderRow<Fields extends object> {
  readonly type: string;
  /** Its JSON fields with their defaults. */
  readonly defaults: Fields;
  /** Throws a ConfigError for fields that cannot be used. */
  readonly check?: (fields: Fields, where: string) => void;
  readonly decode: (tokens: readonly string[], fields: Fields) => string[];
}

/** A decoder's definition, which also makes one from its fields. */
export interface DecoderDefinition<Fields extends object> extends ComponentDefinition<Decoder> {
  (fields?: Partial<Fields>): Decoder;
}

/** Makes a row for the registry of decoders. */
/*@__NO_SIDE_EFFECTS__*/
export function defineDecoder<Fields extends object>(row: DecoderRow<Fields>): DecoderDefinition<Fields> {
  const fromJSON = (json: JsonObject, where: string, _read?: ReadComponent<Decoder>): Decoder => {
    const fields = readFields(where, row.type, json, row.defaults);
    row.check?.(fields, where);
    return {
      type: row.type,
      decode_chain: (tokens) => row.decode(tokens, fields),
      decode: (tokens) => row.decode(tokens, fields).join(''),
      toJSON: () => ({ type: row.type, ...(fields as unknown as JsonObject) }),
    };
  };
  return Object.assign((fields: Partial<Fields> = {}) => fromJSON(fields as unknown as JsonObject, row.type), {
    type: row.type,
    fromJSON,
  });
}
