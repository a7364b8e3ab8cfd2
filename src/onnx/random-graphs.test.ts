import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { direction, leaf } from '../../test/support/check-op.ts';
import { randomGraph } from '../../test/support/random-graph.ts';
import { loweredGraph, runGraph } from '../../test/support/run-graph.ts';
import { difference, scaleOf } from '../../test/support/tolerances.ts';
import { gradients } from '../autodiff/index.ts';
import { seedKey } from '../core/index.ts';
import type { Value } from '../graph/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.dispose());

/** Numbers on the way are of order 1, so where they cancel the rest is measured by 1. */
const apart = (got: readonly number[], want: readonly number[]) =>
  difference(got, want, 'accumulated', Math.max(1, scaleOf(want)));

/** How many graphs, and for how many seconds more of them: QKV_FUZZ_GRAPHS=5000, or QKV_FUZZ_SECONDS=60 with QKV_FUZZ_SEED. */
const graphs = Number(process.env.QKV_FUZZ_GRAPHS ?? 300);
const seconds = Number(process.env.QKV_FUZZ_SECONDS ?? 0);
const firstSeed = Number(process.env.QKV_FUZZ_SEED ?? 1_000_000);

async function checkGraph(seed: number): Promise<void> {
  const { outputs } = randomGraph(seedKey(seed));
  const values = outputs.map(({ value }) => value);
  for (const clean of [true, false]) {
    const got = await runGraph(runtime, values, { clean });
    outputs.forEach(({ plain }, i) => {
      const what = `seed ${seed}, output ${i}, ${clean ? 'cleaned' : 'as it is'}`;
      expect({ what, shape: got[i]!.shape }).toEqual({ what, shape: plain.shape });
      expect({ what, wrong: apart(got[i]!.data, plain.data) }).toEqual({ what, wrong: null });
    });
  }
}

describe('random graphs', () => {
  test.runIf(seconds > 0)(
    `for ${seconds} s from seed ${firstSeed}`,
    async () => {
      const end = performance.now() + 1000 * seconds;
      let seed = firstSeed;
      while (performance.now() < end) await checkGraph(seed++);
      console.log(`${seed - firstSeed} random graphs, seeds from ${firstSeed}`);
    },
    1000 * seconds + 60_000,
  );

  // Tens of graphs to a test, so that a failure names its seed without a line for each of them.
  test.each(Array.from({ length: Math.ceil(graphs / 30) }, (_, i) => 30 * i))(
    'seeds from %i: as the float64 reference, cleaned or not',
    async (first) => {
      for (let seed = first; seed < Math.min(graphs, first + 30); seed++) await checkGraph(seed);
    },
  );

  test.each(Array.from({ length: 5 }, (_, i) => 500_000 + 20 * i))(
    'seeds from %i: gradients are the same cleaned or not',
    async (first) => {
      for (let seed = first; seed < first + 20; seed++) {
        const { outputs, leaves } = randomGraph(seedKey(seed));
        const ys = outputs.map(({ value }) => value);
        const gs = ys.map((y, i) => leaf(direction(y.shape, 'g', seed, i)));
        const found = gradients(
          ys,
          gs,
          leaves.map(({ value }) => value),
        ).filter((g): g is Value => g !== null);
        const [want, got] = [await runGraph(runtime, found, { clean: false }), await runGraph(runtime, found)];
        got.forEach(({ data }, i) => {
          const what = `seed ${seed}, gradient ${i}`;
          expect({ what, wrong: apart(data, want[i]!.data) }).toEqual({ what, wrong: null });
        });
        expect(loweredGraph(found, runtime).nodes.length).toBeLessThanOrEqual(
          loweredGraph(found, runtime, { clean: false }).nodes.length,
        );
      }
    },
  );
});
