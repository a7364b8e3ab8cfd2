import { UnsupportedError } from '../core/index.ts';
import type { SpamAssassin, SpamAssassinOptions } from './spam-assassin.types.ts';

/** Not in a browser: the corpus is a folder of 6,046 files. Always rejects. */
export async function loadSpamAssassin(_options: SpamAssassinOptions = {}): Promise<SpamAssassin> {
  throw new UnsupportedError(
    'loadSpamAssassin: the corpus is a folder on disk, which a browser cannot read; prepare it in Node.',
  );
}
