import { TokenTable } from './token-table.ts';

/** What a model can say of its vocabulary, where that is one table of tokens. */
export abstract class TableModel {
  protected readonly vocab: TokenTable;

  constructor(vocab: ReadonlyMap<string, number> | TokenTable) {
    this.vocab = vocab instanceof TokenTable ? vocab : TokenTable.of(vocab);
  }

  get vocab_size(): number {
    return this.vocab.size;
  }

  get_vocab(): Map<string, number> {
    return this.vocab.toMap();
  }

  token_to_id(token: string): number | undefined {
    return this.vocab.idOf(token);
  }

  id_to_token(id: number): string | undefined {
    return this.vocab.tokenOf(id);
  }
}
