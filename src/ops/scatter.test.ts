import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leaf } from '../../test/support/check-op.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { openRuntime, probeRuntimes, type Runtime } from '../runtime/index.ts';
import { addAlong, scatterRows } from './index.ts';

// So many updates of few places that several threads would share the work, and whole numbers, whose sums are exact.
const [count, width, rows] = [8192, 64, 5];
const places = Array.from({ length: count }, (_, i) => (i * i) % rows);
const totals = Array.from({ length: rows }, (_, row) => places.reduce((sum, place, i) => sum + (place === row ? i % 7 : 0), 0));
const updates = { shape: [count, width], data: Array.from({ length: count * width }, (_, i) => Math.floor(i / width) % 7) };
const expected = totals.flatMap((total) => Array.from({ length: width }, () => total));

for (const { name, device, availability } of await probeRuntimes()) {
  describe.skipIf(!availability.available)(`no update is lost, and sums are the same each time: ${name} on ${device}`, () => {
    let runtime: Runtime;
    beforeAll(async () => {
      runtime = await openRuntime({ name, threads: device === 'wasm' ? 1 : 2 });
    });
    afterAll(() => runtime.dispose());

    test('scatterRows', async () => {
      const indices = leaf({ shape: [count], data: places }, 'int64');
      const y = scatterRows(leaf(updates), indices, { rows });
      for (let run = 0; run < 3; run++) expect((await runGraph(runtime, [y]))[0]!.data).toEqual(expected);
    });

    test('addAlong', async () => {
      const spread = places.flatMap((place) => Array.from({ length: width }, () => place));
      const indices = leaf({ shape: [count, width], data: spread }, 'int64');
      const y = addAlong(leaf(updates), indices, { axis: 0, size: rows });
      for (let run = 0; run < 3; run++) expect((await runGraph(runtime, [y]))[0]!.data).toEqual(expected);
    });
  });
}
