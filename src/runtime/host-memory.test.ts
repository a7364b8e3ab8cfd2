import { expect, test } from 'vitest';
import { HostMemory } from './host-memory.ts';
import type { Runtime } from './runtime.ts';

const MB = 2 ** 20;

function memory(): { memory: HostMemory; fresh: number[]; allocate: (bytes: number) => ReturnType<HostMemory['allocate']> } {
  const fresh: number[] = [];
  const made = new HostMemory((bytes) => {
    fresh.push(bytes);
    return { data: new ArrayBuffer(bytes), byteOffset: 0 };
  });
  return { memory: made, fresh, allocate: (bytes) => made.allocate({} as Runtime, 'uint8', bytes) };
}

test('rounds sizes up by less than an eighth, and shares memory among sizes that round alike', () => {
  const { fresh, allocate } = memory();
  for (const bytes of [1, 64, 65, 512, 513, 1000, 123_457, 2 ** 20, 2 ** 20 + 1]) allocate(bytes);
  expect(fresh).toEqual([64, 64, 128, 512, 576, 1024, 131_072, 2 ** 20, 2 ** 20 + 2 ** 17]);
  const before = fresh.length;
  allocate(2 ** 21 - 5).dispose();
  allocate(2 ** 21 - 1000);
  expect(fresh.length).toBe(before + 1);
});

test('keeps idle memory for the next step: 64 MB, or as much as is in use', () => {
  const { memory: held, fresh, allocate } = memory();
  // A step that makes its new state before it gives the old one back runs in the memory of the step before.
  let state = allocate(100 * MB);
  for (let step = 0; step < 5; step++) {
    const next = allocate(100 * MB);
    state.dispose();
    state = next;
  }
  expect(fresh.length).toBe(2);
  expect(held.bytes).toBe(100 * MB);
  expect(held.pooledBytes).toBeLessThanOrEqual(113 * MB);
  state.dispose();
  expect(held).toMatchObject({ buffers: 0, bytes: 0 });
  expect(held.pooledBytes).toBeLessThanOrEqual(64 * MB);
});

test('drops the memory that was idle longest first', () => {
  const { fresh, allocate } = memory();
  const [old, recent] = [allocate(40 * MB), allocate(48 * MB)];
  old.dispose();
  recent.dispose();
  fresh.length = 0;
  allocate(48 * MB);
  expect(fresh).toEqual([]);
  allocate(40 * MB);
  expect(fresh).toEqual([40 * MB]);
});
