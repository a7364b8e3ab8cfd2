import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpCases } from '../../test/support/cases.ts';
import { checkCase, leaf } from '../../test/support/check-op.ts';
import { openRuntime, probeRuntimes, type Runtime } from '../runtime/index.ts';
import * as elementwise from './elementwise.cases.ts';
import * as ops from './index.ts';
import * as indexing from './indexing.cases.ts';
import * as matmul from './matmul.cases.ts';
import * as movement from './movement.cases.ts';
import * as normalize from './normalize.cases.ts';
import * as recompute from './recompute.cases.ts';
import * as reduce from './reduce.cases.ts';

const all: readonly OpCases[] = [elementwise, indexing, matmul, movement, normalize, recompute, reduce].flatMap((family) =>
  Object.values(family),
);
const subjects = new Set<unknown>(all.map(({ subject }) => subject));

/** What index.ts exports besides ops: leaves, and questions about them, which `leaf.test.ts` covers. */
const notOps = new Set<unknown>([ops.constant, ops.constantOf, ops.data, ops.isData, ops.like, ops.shapeScalar]);

test('every op has cases', () => {
  const lacking = Object.entries(ops).flatMap(([name, op]) => (subjects.has(op) || notOps.has(op) ? [] : [name]));
  expect(lacking).toEqual([]);
  expect(all.filter(({ cases }) => cases.length === 0)).toEqual([]);
});

/** The message of the error that a case throws. */
function messageOf(op: OpCases, { inputs, attributes }: OpCases['cases'][number]): string {
  try {
    op.apply(
      inputs().map(({ content, sample }) => content && leaf(content, sample!.dtype)),
      attributes,
    );
  } catch (error) {
    return String(error);
  }
  return 'nothing was thrown';
}

for (const { name, device, availability } of await probeRuntimes()) {
  const skipped = availability.available ? '' : ` (${availability.reason})`;
  describe.skipIf(!availability.available)(`${name} on ${device}${skipped}`, () => {
    let runtime: Runtime;
    beforeAll(async () => {
      runtime = await openRuntime({ name, threads: 1 });
    });
    afterAll(() => runtime.dispose());
    for (const op of all) {
      describe(op.name, () => {
        test.each(op.cases.filter(({ throws }) => !throws))('$title', (opCase) => checkCase(runtime, op, opCase));
      });
    }
  });
}

describe('errors', () => {
  for (const op of all) {
    test.each(op.cases.filter(({ throws }) => throws))(`${op.name} $title`, (opCase) => {
      expect(messageOf(op, opCase)).toMatch(opCase.throws!);
    });
  }
});
