import { ConfigError } from '../core/index.ts';

/** What every Hugging Face `config.json` may hold, whatever the family. */
export interface PretrainedConfig {
  readonly model_type: string;
  readonly architectures?: readonly string[];
  /** Name of each class by its number. */
  readonly id2label?: Readonly<Record<string, string>>;
  /** Number of each class by its name. */
  readonly label2id?: Readonly<Record<string, number>>;
  readonly problem_type?: string | null;
  readonly initializer_range?: number;
}

/** A `config.json` as it was parsed, or the part of one that a user writes. */
export type ConfigInput = Readonly<Record<string, unknown>>;

/**
 * A config with a family's defaults under what was given. Keys that the family does not know are kept, so that saving
 * gives back what was loaded.
 * @throws ConfigError when a number is not one, by name.
 */
export function configWith<C extends object>(defaults: C, input: ConfigInput, speaker: string): C {
  const config = { ...defaults } as Record<string, unknown>;
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue;
    const standard = (defaults as Record<string, unknown>)[name];
    if (typeof standard === 'number' && !(typeof value === 'number' && Number.isFinite(value) && value >= 0)) {
      throw new ConfigError(`${speaker}: ${name} is ${JSON.stringify(value)}; it must be a number from 0.`);
    }
    if (standard !== null && standard !== undefined && typeof standard !== typeof value) {
      throw new ConfigError(
        `${speaker}: ${name} is ${JSON.stringify(value)}; it must be a ${typeof standard}, as ${JSON.stringify(standard)}.`,
      );
    }
    config[name] = value;
  }
  return config as C;
}

/** How many classes a config names; two where it names none, as in Hugging Face. */
export function labelCount({ id2label }: PretrainedConfig): number {
  return id2label ? Object.keys(id2label).length : 2;
}

/** The two tables of a config for these class names, in order. */
export function labelTables(labels: readonly string[]): { id2label: Record<string, string>; label2id: Record<string, number> } {
  return {
    id2label: Object.fromEntries(labels.map((label, i) => [String(i), label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
  };
}
