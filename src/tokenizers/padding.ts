import { ConfigError } from '../core/index.ts';
import { brief, isJsonObject, type JsonObject, readFields } from './component.ts';
import type { Encoding, Side } from './encoding.ts';
import { keyOf, oneOf, wholeNumber } from './truncation.ts';

/** How encodings are filled up to one length. */
export interface Padding {
  /** The length; null for that of the longest encoding of the batch. */
  length: number | null;
  direction: Side;
  pad_to_multiple_of: number | null;
  pad_id: number;
  pad_type_id: number;
  pad_token: string;
}

const sides = { Right: 'right', Left: 'left' } as const;

/** The padding settings of tokenizer.json. */
export function readPadding(json: unknown, where: string): Padding | null {
  if (json === null || json === undefined) return null;
  if (!isJsonObject(json)) throw new ConfigError(`${where}: it is ${brief(json)}; an object or null is needed.`);
  const { strategy, ...rest } = json;
  const standard = { direction: 'Right', pad_to_multiple_of: null, pad_id: 0, pad_type_id: 0, pad_token: '[PAD]' };
  const fields = readFields(where, 'padding', rest, standard);
  let length: number | null = null;
  if (isJsonObject(strategy) && 'Fixed' in strategy) length = wholeNumber(strategy.Fixed, `${where}.strategy.Fixed`);
  else if (strategy !== 'BatchLongest')
    throw new ConfigError(`${where}.strategy: it is ${brief(strategy)}; "BatchLongest" or {"Fixed": length} is needed.`);
  return {
    length,
    direction: oneOf(sides, fields.direction, `${where}.direction`),
    pad_to_multiple_of:
      fields.pad_to_multiple_of === null ? null : wholeNumber(fields.pad_to_multiple_of, `${where}.pad_to_multiple_of`),
    pad_id: wholeNumber(fields.pad_id, `${where}.pad_id`),
    pad_type_id: wholeNumber(fields.pad_type_id, `${where}.pad_type_id`),
    pad_token: fields.pad_token,
  };
}

/** Padding settings as tokenizer.json has them. */
export function paddingToJSON({ length, direction, pad_to_multiple_of, pad_id, pad_type_id, pad_token }: Padding): JsonObject {
  return {
    strategy: length === null ? 'BatchLongest' : { Fixed: length },
    direction: keyOf(sides, direction),
    pad_to_multiple_of,
    pad_id,
    pad_type_id,
    pad_token,
  };
}

/** Encodings filled up to one length. */
export function padAll(encodings: readonly Encoding[], padding: Padding): Encoding[] {
  const longest = padding.length ?? encodings.reduce((most, encoding) => Math.max(most, encoding.length), 0);
  const length = roundedUp(longest, padding.pad_to_multiple_of);
  const fill = { id: padding.pad_id, typeId: padding.pad_type_id, token: padding.pad_token, side: padding.direction };
  return encodings.map((encoding) => encoding.padded(length, fill));
}

/** The least multiple that is not less than a length. */
export function roundedUp(length: number, multiple: number | null): number {
  return multiple ? Math.ceil(length / multiple) * multiple : length;
}
