import { ConfigError } from '../../core/index.ts';
import { brief } from '../component.ts';
import type { SplitBehavior } from '../text/pieces.ts';

/** What becomes of a delimiter, spelled as in tokenizer.json. */
export type JsonBehavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

const behaviors: Record<JsonBehavior, SplitBehavior> = {
  Removed: 'removed',
  Isolated: 'isolated',
  MergedWithPrevious: 'merged_with_previous',
  MergedWithNext: 'merged_with_next',
  Contiguous: 'contiguous',
};

/**
 * The behaviour that a word of tokenizer.json stands for.
 * @throws ConfigError when it stands for none.
 */
export function readBehavior(value: JsonBehavior, where: string): SplitBehavior {
  if (Object.hasOwn(behaviors, value)) return behaviors[value];
  throw new ConfigError(`${where}: behavior is ${brief(value)}; one of ${Object.keys(behaviors).join(', ')} is needed.`);
}
