import { ConfigError } from '../../core/index.ts';
import { brief, isJsonObject, type JsonObject } from '../component.ts';
import { definePostProcessor, type PostProcessorDefinition } from './post-processor.ts';
import { addedBy, applyTemplate, specialTokens, type TemplatePiece } from './template.ts';

/** A place of a template as tokenizer.json has it. */
export type JsonTemplatePiece =
  | { Sequence: { id: 'A' | 'B'; type_id: number } }
  | { SpecialToken: { id: string; type_id: number } };

/** Special tokens that a template calls by one name. */
export interface JsonSpecialToken {
  id: string;
  ids: number[];
  tokens: string[];
}

/** The fields of TemplateProcessing. */
export interface TemplateProcessingFields {
  single: JsonTemplatePiece[];
  pair: JsonTemplatePiece[];
  special_tokens: Record<string, JsonSpecialToken>;
}

/** Special tokens around and between texts, as a template says. In tokenizer.json: `{ "type": "TemplateProcessing", "single": […], "pair": […], "special_tokens": { … } }`. */
export const TemplateProcessing: PostProcessorDefinition<TemplateProcessingFields> =
  definePostProcessor<TemplateProcessingFields>({
    type: 'TemplateProcessing',
    defaults: {
      single: [{ Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: {},
    },
    check: (fields, where) => {
      for (const [name, token] of Object.entries(fields.special_tokens))
        checkSpecialToken(token, `${where}.special_tokens.${name}`);
      for (const name of ['single', 'pair'] as const) compile(fields[name], fields.special_tokens, `${where}.${name}`);
      if (fields.single.some((piece) => 'Sequence' in piece && piece.Sequence.id === 'B'))
        throw new ConfigError(`${where}.single: it names the text B; one text has only A.`);
    },
    prepare: ({ single, pair, special_tokens }) => {
      const one = compile(single, special_tokens, 'single');
      const two = compile(pair, special_tokens, 'pair');
      return {
        added_tokens: (isPair) => addedBy(isPair ? two : one),
        processParts: (encodings, addSpecialTokens) =>
          applyTemplate(encodings.length > 1 ? two : one, encodings, addSpecialTokens),
      };
    },
  });

function checkSpecialToken(token: unknown, where: string): void {
  const { id, ids, tokens } = (isJsonObject(token) ? token : {}) as JsonObject;
  const right =
    typeof id === 'string' &&
    Array.isArray(ids) &&
    ids.every((one) => Number.isSafeInteger(one)) &&
    Array.isArray(tokens) &&
    tokens.every((one) => typeof one === 'string') &&
    ids.length === tokens.length;
  if (!right) throw new ConfigError(`${where}: it is ${brief(token)}; an id, and as many ids as tokens, are needed.`);
}

function compile(
  pieces: readonly JsonTemplatePiece[],
  special: Record<string, JsonSpecialToken>,
  where: string,
): TemplatePiece[] {
  return pieces.map((piece, i) => {
    const [kind, body] = isJsonObject(piece) ? (Object.entries(piece)[0] ?? []) : [];
    const { id, type_id } = (isJsonObject(body) ? body : {}) as JsonObject;
    if ((kind !== 'Sequence' && kind !== 'SpecialToken') || typeof id !== 'string' || !Number.isSafeInteger(type_id)) {
      throw new ConfigError(
        `${where}[${i}]: it is ${brief(piece)}; {"Sequence": {"id": "A", "type_id": 0}} or a SpecialToken is needed.`,
      );
    }
    const typeId = type_id as number;
    if (kind === 'Sequence') {
      if (id !== 'A' && id !== 'B') throw new ConfigError(`${where}[${i}]: the text is ${brief(id)}; "A" or "B" is needed.`);
      return { sequence: id === 'A' ? 0 : 1, typeId };
    }
    if (!Object.hasOwn(special, id))
      throw new ConfigError(
        `${where}[${i}]: special_tokens has no ${brief(id)}; it has ${Object.keys(special).join(', ') || 'none'}.`,
      );
    const { ids, tokens } = special[id]!;
    return specialTokens(ids, tokens, typeId);
  });
}
