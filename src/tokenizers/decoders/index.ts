import { Registry } from '../component.ts';
import type { Decoder } from './decoder.ts';
import { WordPieceDecoder } from './wordpiece-decoder.ts';

/** Every decoder that tokenizer.json may name. A new one is a file here and a place in this list. */
export const decoders: Registry<Decoder> = /*@__PURE__*/ new Registry<Decoder>('decoder', [WordPieceDecoder]);
