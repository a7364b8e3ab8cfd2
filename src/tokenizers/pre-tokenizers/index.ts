import { Registry } from '../component.ts';
import { BertPreTokenizer } from './bert-pre-tokenizer.ts';
import { ByteLevel } from './byte-level.ts';
import { CharDelimiterSplit } from './char-delimiter-split.ts';
import { Digits } from './digits.ts';
import { FixedLength } from './fixed-length.ts';
import { Metaspace } from './metaspace.ts';
import type { PreTokenizer } from './pre-tokenizer.ts';
import { Punctuation } from './punctuation.ts';
import { PreTokenizerSequence } from './sequence.ts';
import { Split } from './split.ts';
import { UnicodeScripts } from './unicode-scripts.ts';
import { Whitespace } from './whitespace.ts';
import { WhitespaceSplit } from './whitespace-split.ts';

/** Every pre-tokenizer that tokenizer.json may name. A new one is a file here and a place in this list. */
export const preTokenizers: Registry<PreTokenizer> = /*@__PURE__*/ new Registry<PreTokenizer>('pre-tokenizer', [
  BertPreTokenizer,
  ByteLevel,
  Metaspace,
  Whitespace,
  WhitespaceSplit,
  Punctuation,
  Digits,
  Split,
  CharDelimiterSplit,
  UnicodeScripts,
  FixedLength,
  PreTokenizerSequence,
]);
