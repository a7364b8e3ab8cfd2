import { ConfigError } from '../../core/index.ts';
import { brief } from '../component.ts';
import { TextList } from './text-list.ts';
import { TokenTable } from './token-table.ts';

/**
 * Checks that a vocabulary's ids are whole numbers from 0, each given to one token.
 * @throws ConfigError naming the first token whose id is not.
 */
export function checkVocabulary(vocab: Iterable<readonly [token: string, id: unknown]>, where: string): void {
  const owners: (string | undefined)[] = [];
  for (const [token, id] of vocab) claim(owners, token, id, where);
}

/** The same for the vocabulary of tokenizer.json as it was read: no list of its entries is made. */
export function checkVocabularyObject(vocab: Readonly<Record<string, unknown>>, where: string): void {
  const owners: (string | undefined)[] = [];
  for (const token of Object.keys(vocab)) claim(owners, token, vocab[token], where);
}

function claim(owners: (string | undefined)[], token: string, id: unknown, where: string): void {
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0 || id > 0x7fffffff)
    throw new ConfigError(`${where}: the id of ${brief(token)} is ${brief(id)}; a whole number from 0 is needed.`);
  const other = owners[id];
  if (other !== undefined)
    throw new ConfigError(`${where}: ${brief(other)} and ${brief(token)} both have the id ${id}; each token needs its own.`);
  owners[id] = token;
}

/** The vocabulary of tokenizer.json. */
export function vocabularyOf(vocab: Readonly<Record<string, number>>): TokenTable {
  const tokens = Object.keys(vocab);
  return new TokenTable(
    TextList.of(tokens),
    Int32Array.from(tokens, (token) => vocab[token]!),
  );
}
