import { Registry } from '../component.ts';
import { BertNormalizer } from './bert-normalizer.ts';
import { ByteLevelNormalizer } from './byte-level.ts';
import { Lowercase } from './lowercase.ts';
import { Nmt } from './nmt.ts';
import type { Normalizer } from './normalizer.ts';
import { Precompiled } from './precompiled.ts';
import { Prepend } from './prepend.ts';
import { Replace } from './replace.ts';
import { NormalizerSequence } from './sequence.ts';
import { Strip } from './strip.ts';
import { StripAccents } from './strip-accents.ts';
import { NFC, NFD, NFKC, NFKD } from './unicode-forms.ts';

/** Every normalizer that tokenizer.json may name. A new one is a file here and a place in this list. */
export const normalizers: Registry<Normalizer> = /*@__PURE__*/ new Registry<Normalizer>('normalizer', [
  BertNormalizer,
  NFC,
  NFD,
  NFKC,
  NFKD,
  Lowercase,
  StripAccents,
  Strip,
  Replace,
  Prepend,
  Precompiled,
  Nmt,
  ByteLevelNormalizer,
  NormalizerSequence,
]);
