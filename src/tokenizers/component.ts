import { ConfigError, nearest, UnsupportedError } from '../core/index.ts';

/** A value as JSON has it. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** An object as JSON has it. */
export interface JsonObject {
  [name: string]: Json;
}

/** Whether a value is an object as JSON has it, and no array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A component of tokenizer.json: its type there, its fields, and the way back into the file. */
export interface Component {
  /** The component's type, as tokenizer.json spells it. */
  readonly type: string;
  /** The component as tokenizer.json has it. */
  toJSON(): JsonObject;
}

/** Reads a component of the same kind from its JSON; components that hold others get it. `where` names the place for errors. */
export type ReadComponent<Made> = (json: unknown, where: string) => Made;

/** One row of a registry: how a component of one type is made from its JSON. */
export interface ComponentDefinition<Made> {
  readonly type: string;
  /** Whether JSON without a `type` is this component; old files leave the type out. */
  readonly recognise?: ((json: JsonObject) => boolean) | undefined;
  /** Makes the component. `json` has been checked to be an object. */
  readonly fromJSON: (json: JsonObject, where: string, read: ReadComponent<Made>) => Made;
}

/** Components may hold components this deep. */
const deepest = 100;

/** All components of one kind, by the types that tokenizer.json calls them by. */
export class Registry<Made> {
  readonly #kind: string;
  /** How many components that hold others are being read. */
  #depth = 0;
  readonly #definitions: Map<string, ComponentDefinition<Made>>;

  constructor(kind: string, definitions: readonly ComponentDefinition<Made>[]) {
    this.#kind = kind;
    this.#definitions = new Map(definitions.map((definition) => [definition.type, definition]));
  }

  /**
   * Makes the component that the JSON describes.
   * @throws UnsupportedError for a type that is not here.
   * @throws ConfigError when the JSON is no component, or a field of it cannot be used.
   */
  readonly read: ReadComponent<Made> = (json, where) => {
    if (!isJsonObject(json)) {
      throw new ConfigError(
        `${where}: it is ${json === undefined ? 'missing' : brief(json)}; a ${this.#kind} is needed, as an object with a type.`,
      );
    }
    const known = [...this.#definitions.keys()];
    const { type } = json;
    if (type === undefined) {
      const found = [...this.#definitions.values()].find((definition) => definition.recognise?.(json));
      if (found !== undefined) return this.#make(found, json, where);
      throw new ConfigError(`${where}: it has no type; the type of a ${this.#kind} is needed, one of ${known.join(', ')}.`);
    }
    const definition = typeof type === 'string' ? this.#definitions.get(type) : undefined;
    if (definition === undefined) {
      throw new UnsupportedError(
        `${where}: the ${this.#kind} ${JSON.stringify(type)} is not supported; the supported ones are ${known.join(', ')}.`,
      );
    }
    return this.#make(definition, json, where);
  };

  #make(definition: ComponentDefinition<Made>, json: JsonObject, where: string): Made {
    if (this.#depth === deepest)
      throw new ConfigError(
        `${where.slice(0, 60)}...: it stands within more than ${deepest} others, or within itself; put it beside them in one Sequence.`,
      );
    this.#depth++;
    try {
      return definition.fromJSON(json, where, this.read);
    } finally {
      this.#depth--;
    }
  }
}

/**
 * The fields of a component's JSON, with the defaults for those left out.
 * A field must have the JSON type of its default; one whose default is null is left to `check`.
 * @throws ConfigError for a field of the wrong type.
 * @throws UnsupportedError for a field that is not among the defaults: honouring it is unknown here.
 */
export function readFields<Fields extends object>(where: string, type: string, json: JsonObject, defaults: Fields): Fields {
  const fields = { ...defaults } as Record<string, unknown>;
  for (const [name, value] of Object.entries(json)) {
    if (name === 'type') continue;
    if (!Object.hasOwn(defaults, name)) {
      const near = nearest(name, Object.keys(defaults));
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      throw new UnsupportedError(`${where}: ${type} has no field ${name}${hint || '; remove it.'}`);
    }
    const standard = fields[name];
    if (standard !== null && jsonType(value) !== jsonType(standard)) {
      throw new ConfigError(`${where}: ${name} of ${type} is ${brief(value)}; ${article(jsonType(standard))} is needed.`);
    }
    fields[name] = value;
  }
  return fields as Fields;
}

/** A value in a few words, for an error. */
export function brief(value: unknown): string {
  const text = spelled(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function spelled(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'an object that holds itself or is nested too deep';
  }
}

function jsonType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
