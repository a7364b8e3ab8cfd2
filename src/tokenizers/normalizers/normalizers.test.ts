import { describe, expect, test } from 'vitest';
import { BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, type Normalizer, Replace, Strip, StripAccents } from '../index.ts';
import { NormalizedString } from '../text/normalized-string.ts';
import { normalizers } from './index.ts';

/** What becomes of a text, each result character with the part of the text it stands for. */
function traced(normalizer: Normalizer, text: string): string {
  const result = normalizer.normalize(new NormalizedString(text));
  let unit = 0;
  const parts: string[] = [];
  for (const character of result.text) {
    parts.push(`${character}=${text.slice(result.startOf(unit), result.endOf(unit + character.length - 1))}`);
    unit += character.length;
  }
  return parts.join(' ');
}

const sequence = normalizers.read(
  { type: 'Sequence', normalizers: [{ type: 'NFD' }, { type: 'StripAccents' }, { type: 'Lowercase' }] },
  'n',
);

const table: [name: string, normalizer: Normalizer, text: string, result: string, traced?: string][] = [
  ['BertNormalizer', BertNormalizer(), 'Héllò hôw are ü?', 'hello how are u?'],
  ['BertNormalizer', BertNormalizer(), 'A\u0000\tÉ\u200d中', 'a e 中 ', 'a=A  =\t e=É  =中 中=中  =中'],
  ['BertNormalizer', BertNormalizer(), '각 ΑΣ İ', '각 ας i'.normalize('NFD').replace('ς', 'σ')],
  ['BertNormalizer, cased', BertNormalizer({ lowercase: false }), 'É\r\n中', 'É   中 ', 'É=É  =\r  =\n  =中 中=中  =中'],
  ['BertNormalizer, accents kept', BertNormalizer({ strip_accents: false }), 'É', 'é', 'é=É'],
  [
    'BertNormalizer, accents only',
    BertNormalizer({ clean_text: false, lowercase: false, strip_accents: true }),
    'É\t',
    'E\t',
    'E=É \t=\t',
  ],
  ['BertNormalizer keeps pairs', BertNormalizer(), '😀\u0000𝔘A', '😀𝔘a', '😀=😀 𝔘=𝔘 a=A'],
  ['NFC', NFC(), 'e\u0301x', 'éx', 'é=e x=x'],
  ['NFD', NFD(), 'éx', 'e\u0301x', 'e=é \u0301=é x=x'],
  ['NFD reorders marks', NFD(), 'é\u0323', 'e\u0323\u0301', 'e=é \u0323=\u0323 \u0301=\u0323'],
  ['NFKC', NFKC(), 'ﬁ①', 'fi1', 'f=ﬁ i=ﬁ 1=①'],
  ['NFKD', NFKD(), '한', '한'.normalize('NFD')],
  ['NFKC leaves what is younger than its tables', NFKC(), '\u32ff', '\u32ff', '\u32ff=\u32ff'],
  ['Lowercase', Lowercase(), 'ΣΑΣ İ', 'σασ i\u0307', 'σ=Σ α=Α σ=Σ  =  i=İ \u0307=İ'],
  ['StripAccents', StripAccents(), 'e\u0301é', 'eé', 'e=e é=é'],
  ['Strip', Strip(), ' \u3000a b\n', 'a b', 'a=a  =  b=b'],
  ['Strip, left', Strip({ strip_right: false }), ' a ', 'a ', 'a=a  = '],
  ['Strip of white space', Strip(), ' \t ', '', ''],
  ['Replace', Replace({ pattern: { String: 'a.' }, content: '$&' }), 'xa.ab', 'x$&ab', 'x=x $=. &=. a=a b=b'],
  [
    'Replace, expression',
    Replace({ pattern: { Regex: '\\s{2,}' }, content: ' ' }),
    'a \u3000b c',
    'a b c',
    'a=a  =\u3000 b=b  =  c=c',
  ],
  ['Replace, empty', Replace(), 'ab', 'ab', 'a=a b=b'],
  ['Sequence', sequence, 'ÉA', 'ea', 'e=É a=A'],
];

test.each(table)('%s', (_name, normalizer, text, result, trace) => {
  expect(normalizer.normalize_str(text)).toBe(result);
  if (trace !== undefined) expect(traced(normalizer, text)).toBe(trace);
});

test.each(table)('%s: the same after writing and reading its JSON', (_name, normalizer, text, result) => {
  const again = normalizers.read(JSON.parse(JSON.stringify(normalizer)), 'normalizer');
  expect(again.normalize_str(text)).toBe(result);
  expect(again.toJSON()).toEqual(normalizer.toJSON());
});

// A million marks in steps that grow with their square would not end within the time the test has.
test('long runs of marks take linear time, and the order that short ones take', { timeout: 120_000 }, () => {
  const marks = ['\u0301', '\u0323', '\u0345', '\u0308', '\u0344', '\u05b0', '\u0488', '\u302e'];
  const text = (length: number) => `a${Array.from({ length }, (_, i) => marks[(i * i + 3 * i) % 8]).join('')}b`;
  for (const normalizer of [NFC(), NFD(), NFKC(), NFKD()]) {
    const form = normalizer.type as 'NFC';
    expect(normalizer.normalize_str(text(200))).toBe(text(200).normalize(form));
  }
  const half = 500_000;
  const inOrder = `${'\u0323'.repeat(half)}${'\u0301'.repeat(half)}`;
  // No diff of a million characters where it fails.
  expect(NFC().normalize_str('\u0301\u0323'.repeat(half)) === inOrder).toBe(true);
  expect(BertNormalizer().normalize_str(`\u302e${'\u0301\u0323'.repeat(100_000)}`)).toBe('\u302e');
});

describe('BertNormalizer in one pass', () => {
  const combinations = [true, false].flatMap((clean_text) =>
    [true, false].flatMap((handle_chinese_chars) =>
      [true, false].flatMap((lowercase) =>
        [true, false, null].map((strip_accents) => ({ clean_text, handle_chinese_chars, lowercase, strip_accents })),
      ),
    ),
  );
  // A text that was changed before has alignments, which sends it pass after pass.
  const slowly = (normalizer: Normalizer, text: string) =>
    normalizer.normalize(new NormalizedString(`${text}x`).slice(0, text.length));

  test.each(combinations)('gives what its passes give: %j', (fields) => {
    const normalizer = BertNormalizer(fields);
    for (let from = 1; from < 0x3400; from += 16) {
      const text = Array.from({ length: 16 }, (_, i) => `${String.fromCharCode(from + i)}A`).join('');
      const quick = normalizer.normalize(new NormalizedString(text));
      const slow = slowly(normalizer, text);
      expect(quick.text).toBe(slow.text);
      const places = (one: NormalizedString) => Array.from(one.text, (_, i) => [one.startOf(i), one.endOf(i)]);
      expect(places(quick)).toEqual(places(slow));
    }
  });
});

test('refuses patterns it cannot follow', () => {
  const read = (pattern: unknown) => () =>
    normalizers.read({ type: 'Replace', pattern, content: '' }, 'tokenizer.json: normalizer');
  expect(read({ Regex: '(?x: a)' })).toThrowErrorMatchingInlineSnapshot(
    `[UnsupportedError: tokenizer.json: normalizer: the regular expression "(?x: a)" cannot be read here: the group (?x:...).]`,
  );
  expect(read({ Regex: 'a\\G' })).toThrowErrorMatchingInlineSnapshot(
    `[UnsupportedError: tokenizer.json: normalizer: the regular expression "a\\\\G" cannot be read here: the escape \\G.]`,
  );
  expect(read({ Regex: '[[:graph:]]' })).toThrowErrorMatchingInlineSnapshot(
    `[UnsupportedError: tokenizer.json: normalizer: the regular expression "[[:graph:]]" cannot be read here: the class [:graph:].]`,
  );
  expect(read({ Regexp: 'a' })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: tokenizer.json: normalizer: the pattern is {"Regexp":"a"}; {"String": "..."} or {"Regex": "..."} is needed.]`,
  );
  expect(read('a')).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: tokenizer.json: normalizer: pattern of Replace is "a"; an object is needed.]`,
  );
});
