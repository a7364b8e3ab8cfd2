import { type Component, type ComponentDefinition, type JsonObject, type ReadComponent, readFields } from '../component.ts';
import { Encoding } from '../encoding.ts';

/** Puts the encodings of one text or of a pair together, with the special tokens that a model expects around them. */
export interface PostProcessor extends Component {
  /** How many special tokens it adds to one text, or to a pair. */
  added_tokens(isPair: boolean): number;
  /** The whole of one or two encodings. */
  process(encodings: readonly Encoding[], addSpecialTokens: boolean): Encoding;
  /** The same in parts, which another post-processor may still change before they are put together. */
  processParts(encodings: readonly Encoding[], addSpecialTokens: boolean): Encoding[];
}

interface PostProcessorRow<Fields extends object> {
  readonly type: string;
  /** Its JSON fields with their defaults. */
  readonly defaults: Fields;
  /** Throws a ConfigError for fields that cannot be used. */
  readonly check?: (fields: Fields, where: string) => void;
  /** Called once per component: what it does to encodings. */
  readonly prepare: (
    fields: Fields,
    read: (json: unknown, name: string) => PostProcessor,
  ) => Pick<PostProcessor, 'added_tokens' | 'processParts'>;
}

/** A post-processor's definition, which also makes one from its fields. */
export interface PostProcessorDefinition<Fields extends object> extends ComponentDefinition<PostProcessor> {
  (fields?: Partial<Fields>): PostProcessor;
}

/** Makes a row for the registry of post-processors. */
/*@__NO_SIDE_EFFECTS__*/
export function definePostProcessor<Fields extends object>(row: PostProcessorRow<Fields>): PostProcessorDefinition<Fields> {
  const fromJSON = (json: JsonObject, where: string, read?: ReadComponent<PostProcessor>): PostProcessor => {
    const fields = readFields(where, row.type, json, row.defaults);
    row.check?.(fields, where);
    const work = row.prepare(fields, (child, name) => {
      if (read === undefined) throw new TypeError(`${row.type} holds components and is made from JSON.`);
      return read(child, `${where}.${name}`);
    });
    const process: PostProcessor['process'] = (encodings, addSpecialTokens) =>
      Encoding.merge(work.processParts(encodings, addSpecialTokens));
    return { ...work, process, type: row.type, toJSON: () => ({ type: row.type, ...(fields as unknown as JsonObject) }) };
  };
  return Object.assign((fields: Partial<Fields> = {}) => fromJSON(fields as unknown as JsonObject, row.type), {
    type: row.type,
    fromJSON,
  });
}
