import { DataError } from '../core/index.ts';
import { readTextBlocks, type TextOptions } from './text-blocks.ts';

/** One object of a JSON lines file and the line it stands on, from 1. */
export interface JsonLine {
  readonly line: number;
  readonly value: Record<string, unknown>;
}

/**
 * The objects of a JSON lines file in batches; blank lines are skipped.
 * @throws DataError for a broken encoding, or a line that is not one JSON object, with its number.
 */
export async function* readJsonLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: TextOptions = {},
): AsyncGenerator<JsonLine[]> {
  const { source = 'the file' } = options;
  for await (const { text, line: firstLine } of readTextBlocks(chunks, options)) {
    const rows: JsonLine[] = [];
    let line = firstLine;
    for (const json of text.split('\n')) {
      if (json.trim() !== '') rows.push({ line, value: parseObject(json, line, source) });
      line++;
    }
    if (rows.length > 0) yield rows;
  }
}

function parseObject(json: string, line: number, source: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new DataError(`${source}: line ${line} is not JSON (${(cause as Error).message}); one object a line is needed.`, {
      cause,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`;
    throw new DataError(`${source}: line ${line} is ${what}; one object a line is needed.`);
  }
  return value as Record<string, unknown>;
}
