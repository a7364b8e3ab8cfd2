import { Registry } from '../component.ts';
import { BPEDecoder } from './bpe-decoder.ts';
import { ByteFallback } from './byte-fallback.ts';
import { ByteLevelDecoder } from './byte-level.ts';
import { CTC } from './ctc.ts';
import type { Decoder } from './decoder.ts';
import { Fuse } from './fuse.ts';
import { MetaspaceDecoder } from './metaspace.ts';
import { ReplaceDecoder } from './replace.ts';
import { DecoderSequence } from './sequence.ts';
import { StripDecoder } from './strip.ts';
import { WordPieceDecoder } from './wordpiece-decoder.ts';

/** Every decoder that tokenizer.json may name. A new one is a file here and a place in this list. */
export const decoders: Registry<Decoder> = /*@__PURE__*/ new Registry<Decoder>('decoder', [
  WordPieceDecoder,
  ByteLevelDecoder,
  MetaspaceDecoder,
  BPEDecoder,
  ByteFallback,
  Fuse,
  StripDecoder,
  ReplaceDecoder,
  CTC,
  DecoderSequence,
]);
