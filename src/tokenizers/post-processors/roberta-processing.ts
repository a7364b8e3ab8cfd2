import { ConfigError } from '../../core/index.ts';
import { brief } from '../component.ts';
import { withoutWhiteSpace } from './byte-level.ts';
import { definePostProcessor, type PostProcessorDefinition } from './post-processor.ts';
import { addedBy, applyTemplate, specialTokens } from './template.ts';

/** The fields of RobertaProcessing: tokens with their ids, and what ByteLevel does to offsets. */
export interface RobertaProcessingFields {
  sep: [token: string, id: number];
  cls: [token: string, id: number];
  trim_offsets: boolean;
  add_prefix_space: boolean;
}

/**
 * `<s> A </s>`, or `<s> A </s></s> B </s>`, all of type 0.
 * In tokenizer.json: `{ "type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": true, "add_prefix_space": true }`.
 */
export const RobertaProcessing: PostProcessorDefinition<RobertaProcessingFields> = definePostProcessor<RobertaProcessingFields>(
  {
    type: 'RobertaProcessing',
    defaults: { sep: ['</s>', 2], cls: ['<s>', 0], trim_offsets: true, add_prefix_space: true },
    check: (fields, where) => {
      for (const name of ['sep', 'cls'] as const) {
        const [token, id] = fields[name];
        if (typeof token !== 'string' || !Number.isSafeInteger(id))
          throw new ConfigError(`${where}: ${name} is ${brief(fields[name])}; a token and its id are needed, as ["</s>", 2].`);
      }
    },
    prepare: ({ sep, cls, trim_offsets, add_prefix_space }) => {
      const special = ([token, id]: [string, number]) => specialTokens([id], [token], 0);
      const single = [special(cls), { sequence: 0, typeId: 0 }, special(sep)];
      const pair = [...single, special(sep), { sequence: 1, typeId: 0 }, special(sep)];
      return {
        added_tokens: (isPair) => addedBy(isPair ? pair : single),
        processParts: (encodings, addSpecialTokens) => {
          const trimmed = trim_offsets ? encodings.map((one) => withoutWhiteSpace(one, add_prefix_space)) : encodings;
          return applyTemplate(encodings.length > 1 ? pair : single, trimmed, addSpecialTokens);
        },
      };
    },
  },
);
