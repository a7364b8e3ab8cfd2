import { ConfigError } from '../../core/index.ts';
import { brief, type ComponentDefinition, type JsonObject } from '../component.ts';
import { textOf } from '../text/unit-text.ts';
import { defineModel, type Model, type TokenSink } from './model.ts';
import { checkVocabularyObject, inOrder, tokensById, vocabularyOf } from './vocabulary.ts';

/** The fields of a WordLevel model. */
export interface WordLevelFields {
  /** The token of a word that the vocabulary does not have. */
  unk_token: string;
  /** Token to id. */
  vocab: Record<string, number>;
}

/** WordLevel: a word is one token, or the unknown one. */
export class WordLevel implements Model {
  readonly type = 'WordLevel';
  readonly unk_token: string;
  readonly #vocab: Map<string, number>;
  readonly #tokens: readonly (string | undefined)[];

  /** From a vocabulary and the fields of tokenizer.json. */
  constructor(vocab: ReadonlyMap<string, number>, { unk_token = '<unk>' }: Partial<Omit<WordLevelFields, 'vocab'>> = {}) {
    this.#vocab = new Map(vocab);
    this.#tokens = tokensById(this.#vocab);
    this.unk_token = unk_token;
  }

  get vocab_size(): number {
    return this.#vocab.size;
  }

  get_vocab(): Map<string, number> {
    return new Map(this.#vocab);
  }

  token_to_id(token: string): number | undefined {
    return this.#vocab.get(token);
  }

  id_to_token(id: number): string | undefined {
    return this.#tokens[id];
  }

  tokenize(units: Uint16Array, start: number, end: number, sink: TokenSink): void {
    sink.add(this.#vocab.get(textOf(units, start, end)) ?? this.#unknown(), start, end);
  }

  toJSON(): JsonObject {
    return { type: 'WordLevel', vocab: Object.fromEntries(inOrder(this.#vocab)), unk_token: this.unk_token };
  }

  vocabularyFiles(): Record<string, string> {
    return { 'vocab.json': `${JSON.stringify(Object.fromEntries(inOrder(this.#vocab)))}\n` };
  }

  #unknown(): number {
    const id = this.#vocab.get(this.unk_token);
    if (id !== undefined) return id;
    throw new ConfigError(
      `WordLevel: a word is not in the vocabulary, and neither is the unknown token ${brief(this.unk_token)}; add that token, or name another as unk_token.`,
    );
  }
}

/** WordLevel in tokenizer.json: `{ "type": "WordLevel", "vocab": { … }, "unk_token": "[UNK]" }`. */
export const wordLevel: ComponentDefinition<Model> = defineModel<WordLevelFields>({
  type: 'WordLevel',
  defaults: { unk_token: '<unk>', vocab: {} },
  check: ({ vocab }, where) => checkVocabularyObject(vocab, `${where}.vocab`),
  recognise: (json) => 'vocab' in json && !Array.isArray(json.vocab) && 'unk_token' in json,
  create: ({ vocab, ...fields }) => new WordLevel(vocabularyOf(vocab), fields),
});
