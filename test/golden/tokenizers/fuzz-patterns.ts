// Compares how patterns of tokenizer.json split with what Oniguruma does in Hugging Face's Rust library, on random regular
// expressions and texts: through JavaScript's engine where an expression is left to it, and through the linear search.
//
//   npm run bench:setup                      (installs the library, the npm package `tokenizers`, into bench/.peers)
//   node --conditions=qkv-source --import tsx test/golden/tokenizers/fuzz-patterns.ts 6000 1
//
// Arguments: how many expressions, and a seed.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { npmFolder } from '../../../bench/harness/places.ts';
import { LinearMatcher } from '../../../src/tokenizers/text/linear-matcher.ts';
import type { Pattern } from '../../../src/tokenizers/text/matches.ts';
import { NormalizedString } from '../../../src/tokenizers/text/normalized-string.ts';
import { parseOniguruma } from '../../../src/tokenizers/text/oniguruma.ts';
import { compilePattern } from '../../../src/tokenizers/text/pattern.ts';
import { Pieces } from '../../../src/tokenizers/text/pieces.ts';
import { randomNumbers } from '../../support/random-numbers.ts';
import { randomPattern } from '../../support/random-pattern.ts';

interface RustTokenizer {
  getPreTokenizer(): { preTokenizeString(text: string): [piece: string, offsets: [number, number]][] };
}

const { Tokenizer: Rust } = createRequire(join(npmFolder, 'package.json'))('tokenizers') as {
  Tokenizer: { fromString(json: string): RustTokenizer };
};
const [count = '6000', seed = '1'] = process.argv.slice(2);
const random = randomNumbers(Number(seed));
const parts = {
  leaves: ['a', 'b', '[ab]', '[^a]', '.', '\\w', 'c', '😀', '\\s', '\\b', '^', '$', '(?i:A)'],
  behind: ['a', '[ab]', 'ab', '😀b'],
  references: true,
};
const letters = [...'aabbcA\n 😀'];

/** What `make` gives, or undefined where it refuses. */
function tried<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

function pieces(pattern: Pattern, text: string): string {
  return JSON.stringify(new Pieces(new NormalizedString(text)).split(pattern, 'isolated').texts());
}

const searches = {
  'as loaded': (source: string) => compilePattern({ Regex: source }, 'pattern'),
  'in linear time': (source: string) => new LinearMatcher(parseOniguruma(source)),
};
const different: Record<string, number> = {};
let compared = 0;
for (let i = 0; i < Number(count); i++) {
  const source = randomPattern(random, 3, parts);
  // A reference to a group that took no part matches in JavaScript and fails in Oniguruma.
  if (source.split('\\1').length > 2) continue;
  const tokenizer = {
    version: '1.0',
    pre_tokenizer: { type: 'Split', pattern: { Regex: source }, behavior: 'Isolated', invert: false },
    model: { type: 'WordLevel', unk_token: 'u', vocab: { u: 0 } },
  };
  const theirs = tried(() => Rust.fromString(JSON.stringify(tokenizer)).getPreTokenizer());
  if (theirs === undefined) continue;
  for (const [name, make] of Object.entries(searches)) {
    const ours = tried(() => make(source));
    if (ours === undefined) continue;
    for (let k = 0; k < 4; k++) {
      const text = Array.from(
        { length: 1 + Math.floor(random() * 12) },
        () => letters[Math.floor(random() * letters.length)]!,
      ).join('');
      const expected = JSON.stringify(theirs.preTokenizeString(text).map(([piece]) => piece));
      const found = pieces(ours, text);
      compared++;
      if (found === expected) continue;
      different[name] = (different[name] ?? 0) + 1;
      if (different[name] <= 5)
        console.log(`  ${name}: ${source} in ${JSON.stringify(text)}\n    ours   ${found}\n    theirs ${expected}`);
    }
  }
}
console.log(
  `${compared} splits, ${
    Object.entries(different)
      .map(([name, n]) => `${n} differ ${name}`)
      .join(', ') || 'none differs'
  }`,
);
