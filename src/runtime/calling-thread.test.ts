import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { expect, test, vi } from 'vitest';
import { CallingThread } from './calling-thread.node.ts';
import { findLibrary } from './ort/library.node.ts';

const library = findLibrary();
const path = 'path' in library ? library.path : null;
/** How long a thread may take to start on a busy machine. */
const slow = { timeout: 15_000 };
/** The address of a table, the same whoever asks. */
const getApiBase = { at: 'OrtGetApiBase', result: 'void *' } as const;

async function answers(thread: CallingThread): Promise<void> {
  await vi.waitFor(() => expect(thread.call(getApiBase, [])).not.toBeNull(), slow);
}

test.skipIf(!path)('a function is called on the thread, which takes one call at a time', async () => {
  const thread = new CallingThread([path!]);
  expect(thread.call(getApiBase, [])).toBeNull();
  await answers(thread);
  const expected = koffi.load(path!).func('OrtGetApiBase', 'void *', [])();
  await vi.waitFor(async () => expect(await thread.call(getApiBase, [])).toBe(expected), slow);
  const first = thread.call(getApiBase, []);
  expect(thread.call(getApiBase, [])).toBeNull();
  expect(await first).toBe(expected);
});

test.skipIf(!path)('a call that fails there is an error here, and the thread takes none after it', async () => {
  const thread = new CallingThread([path!]);
  await answers(thread);
  let failed: Promise<unknown> | null = null;
  await vi.waitFor(() => {
    failed = thread.call({ at: 'OrtNoSuchFunction', result: 'int' }, []);
    expect(failed).not.toBeNull();
  }, slow);
  await expect(failed).rejects.toThrow(/OrtNoSuchFunction/);
  expect(thread.call(getApiBase, [])).toBeNull();
});

test.skipIf(!path)('a process ends that has such a thread, by itself and when told to', async () => {
  const program = (last: string) =>
    `import { tensor } from 'qkv';
     for (let i = 0; i < 50; i++) await tensor([1, 2]).add(i).data();
     await new Promise((done) => setTimeout(done, 300));
     console.log(await tensor([1, 2]).add(50).data());
     ${last}`;
  for (const last of ['', 'process.exit(0);']) {
    const args = ['--conditions=qkv-source', '--import', 'tsx', '--input-type=module', '--eval', program(last)];
    const env = { ...process.env, QKV_RUNTIME: 'ort' };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 25_000 });
    expect(stdout).toContain('51, 52');
  }
});
