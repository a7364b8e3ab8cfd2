import { expect, test } from 'vitest';
import { chooseRuntime, probeRuntimes } from '../runtime/index.ts';
import { manualSeed, rand, randn, tensor } from './index.ts';
import { firstDifference } from './parity.ts';

const available = (await probeRuntimes()).flatMap(({ name, availability }) => (availability.available ? [name] : []));

test('runtimes agree with each other, random leaves included', async () => {
  manualSeed(1);
  const x = randn([4, 6]);
  const y = x
    .matmul(x.transpose(0, 1))
    .softmax(-1)
    .mul(rand([4, 4]))
    .sum();
  for (const runtime of available)
    expect([runtime, await firstDifference([y], { runtime: available[0]! }, { runtime })]).toEqual([runtime, null]);
});

test('finds the step whose inputs agree and whose result does not', async () => {
  const precision = (await chooseRuntime({ precision: 'bfloat16' }))?.precision;
  if (precision !== 'bfloat16') return;
  const x = tensor(
    Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i)),
    { shape: [64, 64] },
  );
  const exact = x.exp().mul(2);
  const y = exact.matmul(x).add(x.tanh()).relu().sum(0);
  const found = await firstDifference([exact, y], {}, { precision: 'bfloat16' });
  expect(found).toMatchObject({ op: 'matmul', shape: [64, 64] });
  expect(found!.distance).toBeGreaterThan(1e-4);
  expect(found!.here).not.toBe(found!.there);
  expect(await firstDifference([exact, y], {}, { precision: 'bfloat16' }, { tolerance: 0.5 })).toBeNull();
});
