import { Registry } from '../component.ts';
import { bpe } from './bpe.ts';
import type { Model } from './model.ts';
import { unigram } from './unigram.ts';
import { wordLevel } from './wordlevel.ts';
import { wordPiece } from './wordpiece.ts';

/** Every model that tokenizer.json may name. A new one is a file here and a place in this list. */
export const models: Registry<Model> = /*@__PURE__*/ new Registry<Model>('model', [bpe, wordPiece, unigram, wordLevel]);
