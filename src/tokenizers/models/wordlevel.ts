import { ConfigError } from '../../core/index.ts';
import { brief, type ComponentDefinition, type JsonObject } from '../component.ts';
import { defineModel, type Model, type TokenSink } from './model.ts';
import { TableModel } from './table-model.ts';
import type { TokenTable } from './token-table.ts';
import { checkVocabularyObject, vocabularyOf } from './vocabulary.ts';

/** The fields of a WordLevel model. */
export interface WordLevelFields {
  /** The token of a word that the vocabulary does not have. */
  unk_token: string;
  /** Token to id. */
  vocab: Record<string, number>;
}

/** WordLevel: a word is one token, or the unknown one. */
export class WordLevel extends TableModel implements Model {
  readonly type = 'WordLevel';
  readonly unk_token: string;

  /** From a vocabulary and the fields of tokenizer.json. */
  constructor(
    vocab: ReadonlyMap<string, number> | TokenTable,
    { unk_token = '<unk>' }: Partial<Omit<WordLevelFields, 'vocab'>> = {},
  ) {
    super(vocab);
    this.unk_token = unk_token;
  }

  tokenize(units: Uint16Array, start: number, end: number, sink: TokenSink): void {
    const id = this.vocab.find(units, start, end);
    sink.add(id >= 0 ? id : this.#unknown(), start, end);
  }

  toJSON(): JsonObject {
    return { type: 'WordLevel', vocab: this.vocab.toObject(), unk_token: this.unk_token };
  }

  vocabularyFiles(): Record<string, string> {
    return { 'vocab.json': `${JSON.stringify(this.vocab.toObject())}\n` };
  }

  #unknown(): number {
    const id = this.vocab.idOf(this.unk_token);
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
  createRead: ({ vocab: _, ...fields }, { tokens }) => new WordLevel(tokens, fields),
});
