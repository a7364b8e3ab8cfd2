import { ConfigError } from '../../core/index.ts';
import { brief } from '../component.ts';

/**
 * Checks that a vocabulary's ids are whole numbers from 0, each given to one token.
 * @throws ConfigError naming the first token whose id is not.
 */
export function checkVocabulary(vocab: Iterable<readonly [token: string, id: unknown]>, where: string): void {
  const owners = new Map<number, string>();
  for (const [token, id] of vocab) {
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0 || id > 0x7fffffff)
      throw new ConfigError(`${where}: the id of ${brief(token)} is ${brief(id)}; a whole number from 0 is needed.`);
    const other = owners.get(id);
    if (other !== undefined)
      throw new ConfigError(`${where}: ${brief(other)} and ${brief(token)} both have the id ${id}; each token needs its own.`);
    owners.set(id, token);
  }
}

/** The tokens of a vocabulary by their ids; ids that no token has are holes. */
export function tokensById(vocab: ReadonlyMap<string, number>): (string | undefined)[] {
  const tokens: (string | undefined)[] = [];
  for (const [token, id] of inOrder(vocab)) tokens[id] = token;
  return tokens;
}

/** The vocabulary in the order of its ids. */
export function inOrder(vocab: ReadonlyMap<string, number>): [token: string, id: number][] {
  return [...vocab].sort((a, b) => a[1] - b[1]);
}
