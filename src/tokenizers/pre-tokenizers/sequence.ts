import type { Json } from '../component.ts';
import { type Cut, definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/** The fields of a Sequence of pre-tokenizers. */
export interface PreTokenizerSequenceFields {
  pretokenizers: Json[];
}

/** Pre-tokenizers one after another. In tokenizer.json: `{ "type": "Sequence", "pretokenizers": [{ "type": "Whitespace" }, …] }`. */
export const PreTokenizerSequence: PreTokenizerDefinition<PreTokenizerSequenceFields> =
  definePreTokenizer<PreTokenizerSequenceFields>({
    type: 'Sequence',
    defaults: { pretokenizers: [] },
    prepare: ({ pretokenizers }, read) => {
      const steps = pretokenizers.map((json, i) => read(json, `pretokenizers[${i}]`));
      const cuts = steps.map((step) => step.cut);
      return {
        preTokenize: (text) => steps.reduce((current, step) => step.preTokenize(current), text),
        cut: cuts.every((cut) => cut !== undefined) ? inTurn(cuts) : undefined,
      };
    },
  });

function inTurn(cuts: readonly Cut[]): Cut {
  return (text) => {
    for (const cut of cuts) cut(text);
  };
}
