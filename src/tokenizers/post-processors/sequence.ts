import type { Json } from '../component.ts';
import { definePostProcessor, type PostProcessorDefinition } from './post-processor.ts';

/** The fields of a Sequence of post-processors. */
export interface PostProcessorSequenceFields {
  processors: Json[];
}

/** Post-processors one after another. In tokenizer.json: `{ "type": "Sequence", "processors": [{ "type": "ByteLevel" }, …] }`. */
export const PostProcessorSequence: PostProcessorDefinition<PostProcessorSequenceFields> =
  definePostProcessor<PostProcessorSequenceFields>({
    type: 'Sequence',
    defaults: { processors: [] },
    prepare: ({ processors }, read) => {
      const steps = processors.map((json, i) => read(json, `processors[${i}]`));
      return {
        added_tokens: (isPair) => steps.reduce((sum, step) => sum + step.added_tokens(isPair), 0),
        processParts: (encodings, addSpecialTokens) =>
          steps.reduce((current, step) => step.processParts(current, addSpecialTokens), [...encodings]),
      };
    },
  });
