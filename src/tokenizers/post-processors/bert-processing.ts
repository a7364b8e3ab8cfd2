import { ConfigError } from '../../core/index.ts';
import { brief } from '../component.ts';
import { definePostProcessor, type PostProcessorDefinition } from './post-processor.ts';
import { addedBy, applyTemplate, specialTokens } from './template.ts';

/** The fields of BertProcessing: tokens with their ids. */
export interface BertProcessingFields {
  sep: [token: string, id: number];
  cls: [token: string, id: number];
}

/** `[CLS] A [SEP]`, or `[CLS] A [SEP] B [SEP]` with type 1 from B on. In tokenizer.json: `{ "type": "BertProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101] }`. */
export const BertProcessing: PostProcessorDefinition<BertProcessingFields> = definePostProcessor<BertProcessingFields>({
  type: 'BertProcessing',
  defaults: { sep: ['[SEP]', 102], cls: ['[CLS]', 101] },
  check: (fields, where) => {
    for (const name of ['sep', 'cls'] as const) {
      const [token, id] = fields[name];
      if (typeof token !== 'string' || !Number.isSafeInteger(id))
        throw new ConfigError(`${where}: ${name} is ${brief(fields[name])}; a token and its id are needed, as ["[SEP]", 102].`);
    }
  },
  prepare: ({ sep, cls }) => {
    const special = ([token, id]: [string, number], typeId: number) => specialTokens([id], [token], typeId);
    const single = [special(cls, 0), { sequence: 0, typeId: 0 }, special(sep, 0)];
    const pair = [...single, { sequence: 1, typeId: 1 }, special(sep, 1)];
    return {
      added_tokens: (isPair) => addedBy(isPair ? pair : single),
      processParts: (encodings, addSpecialTokens) =>
        applyTemplate(encodings.length > 1 ? pair : single, encodings, addSpecialTokens),
    };
  },
});
