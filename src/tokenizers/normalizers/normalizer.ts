import { type Component, type ComponentDefinition, type JsonObject, type ReadComponent, readFields } from '../component.ts';
import type { CharacterMap } from '../text/character-table.ts';
import { wellFormed } from '../text/characters.ts';
import { NormalizedString } from '../text/normalized-string.ts';

/** Rewrites text before it is split: case, accents, Unicode forms. Keeps the way back to the original text. */
export interface Normalizer extends Component {
  /** The text, rewritten. */
  normalize(text: NormalizedString): NormalizedString;
  /** A plain string, rewritten. */
  normalize_str(text: string): string;
  /** What it does character by character, where its work can be said so; then texts are normalized in one pass. */
  readonly characters?: CharacterMap | undefined;
}

/** What a normalizer does to a text. */
export type Normalize = (text: NormalizedString) => NormalizedString;

interface NormalizerRow<Fields extends object> {
  readonly type: string;
  /** Its JSON fields with their defaults. */
  readonly defaults: Fields;
  /** Throws a ConfigError for fields that cannot be used. */
  readonly check?: (fields: Fields, where: string) => void;
  /** Called once per component: may compile what the fields say, and gives what is called per text. */
  readonly prepare: (
    fields: Fields,
    read: (json: unknown, name: string) => Normalizer,
  ) => Normalize | { normalize: Normalize; characters: CharacterMap | undefined };
}

/** A normalizer's definition, which also makes one from its fields: `Lowercase()`, `Strip({ strip_left: false })`. */
export interface NormalizerDefinition<Fields extends object> extends ComponentDefinition<Normalizer> {
  (fields?: Partial<Fields>): Normalizer;
}

/** Makes a row for the registry of normalizers. */
/*@__NO_SIDE_EFFECTS__*/
export function defineNormalizer<Fields extends object>(row: NormalizerRow<Fields>): NormalizerDefinition<Fields> {
  const fromJSON = (json: JsonObject, where: string, read: ReadComponent<Normalizer>): Normalizer => {
    const fields = readFields(where, row.type, json, row.defaults);
    row.check?.(fields, where);
    const prepared = row.prepare(fields, (child, name) => read(child, `${where}.${name}`));
    const { normalize, characters } =
      typeof prepared === 'function' ? { normalize: prepared, characters: undefined } : prepared;
    return {
      type: row.type,
      normalize,
      characters,
      normalize_str: (text) => normalize(new NormalizedString(wellFormed(text))).text,
      toJSON: () => ({ type: row.type, ...(fields as unknown as JsonObject) }),
    };
  };
  const make = (fields: Partial<Fields> = {}) =>
    fromJSON(fields as unknown as JsonObject, row.type, () => {
      throw new TypeError(`${row.type} holds components and is made from JSON: readNormalizer(json).`);
    });
  return Object.assign(make, { type: row.type, fromJSON });
}
