import type { Json } from '../component.ts';
import { type DecoderDefinition, defineDecoder } from './decoder.ts';

/** The fields of a Sequence of decoders. */
export interface DecoderSequenceFields {
  decoders: Json[];
}

/** Decoders one after another. In tokenizer.json: `{ "type": "Sequence", "decoders": [{ "type": "ByteFallback" }, …] }`. */
export const DecoderSequence: DecoderDefinition<DecoderSequenceFields> = defineDecoder<DecoderSequenceFields>({
  type: 'Sequence',
  defaults: { decoders: [] },
  prepare: ({ decoders }, read) => {
    const steps = decoders.map((json, i) => read(json, `decoders[${i}]`));
    return (tokens) => steps.reduce((current, step) => step.decode_chain(current), [...tokens]);
  },
});
