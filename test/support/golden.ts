import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './repository.ts';

/** Reference data from `test/golden`, beside which lies the script that made it. Numbers that JSON lacks are written as text. */
export function readGolden(path: string): unknown {
  return JSON.parse(readFileSync(join(root, 'test', 'golden', path), 'utf8'), (_key, value) =>
    value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value,
  );
}
