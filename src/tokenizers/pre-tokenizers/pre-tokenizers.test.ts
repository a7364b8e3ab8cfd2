import { expect, test } from 'vitest';
import { BertPreTokenizer, type PreTokenizer, Punctuation, Whitespace, WhitespaceSplit } from '../index.ts';
import { preTokenizers } from './index.ts';

const sequence = preTokenizers.read(
  { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Punctuation' }] },
  'p',
);

const table: [name: string, preTokenizer: PreTokenizer, text: string, pieces: string[]][] = [
  [
    'BertPreTokenizer',
    BertPreTokenizer(),
    "Hey, it's  okay…?\u3000「네」😀!",
    ['Hey', ',', 'it', "'", 's', 'okay', '…', '?', '「', '네', '」', '😀', '!'],
  ],
  ['BertPreTokenizer', BertPreTokenizer(), '$^`|~+=<>', ['$', '^', '`', '|', '~', '+', '=', '<', '>']],
  ['BertPreTokenizer', BertPreTokenizer(), ' \n', []],
  ['BertPreTokenizer', BertPreTokenizer(), '', []],
  ['Whitespace', Whitespace(), "don't: 한국_어 e\u0301 😀!", ['don', "'", 't', ':', '한국_어', 'e\u0301', '😀!']],
  ['WhitespaceSplit', WhitespaceSplit(), 'a,b\u2003c\u200bd', ['a,b', 'c\u200bd']],
  ['Punctuation', Punctuation(), 'a, b--c', ['a', ',', ' b', '-', '-', 'c']],
  ['Punctuation, Removed', Punctuation({ behavior: 'Removed' }), 'the-final--countdown', ['the', 'final', 'countdown']],
  [
    'Punctuation, MergedWithPrevious',
    Punctuation({ behavior: 'MergedWithPrevious' }),
    'the-final--countdown',
    ['the-', 'final-', '-', 'countdown'],
  ],
  [
    'Punctuation, MergedWithNext',
    Punctuation({ behavior: 'MergedWithNext' }),
    'the-final--countdown',
    ['the', '-final', '-', '-countdown'],
  ],
  [
    'Punctuation, Contiguous',
    Punctuation({ behavior: 'Contiguous' }),
    'the-final--countdown',
    ['the', '-', 'final', '--', 'countdown'],
  ],
  ['Sequence', sequence, 'a, b.', ['a', ',', 'b', '.']],
];

test.each(table)('%s: %s %j', (_name, preTokenizer, text, pieces) => {
  const found = preTokenizer.pre_tokenize_str(text);
  expect(found.map(([piece]) => piece)).toEqual(pieces);
  // The offsets, counted in code points, cut the same pieces from the text.
  const letters = [...text];
  expect(found.map(([, [start, end]]) => letters.slice(start, end).join(''))).toEqual(pieces);
  expect(preTokenizers.read(JSON.parse(JSON.stringify(preTokenizer)), 'p').pre_tokenize_str(text)).toEqual(found);
});

test('refuses a behavior that is none', () => {
  expect(() =>
    preTokenizers.read({ type: 'Punctuation', behavior: 'removed' }, 'tokenizer.json: pre_tokenizer'),
  ).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: tokenizer.json: pre_tokenizer: behavior is "removed"; one of Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous is needed.]`,
  );
});
