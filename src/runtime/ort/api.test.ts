import { expect, test } from 'vitest';
import { OrtApi } from './api.node.ts';
import { commandLineReason, findLibrary } from './library.node.ts';

const library = findLibrary();

test.skipIf(!('path' in library))(
  'a native object used after it was freed is an error, and freeing it twice is none',
  async () => {
    if (!('path' in library)) return;
    const { default: koffi } = await import('koffi');
    const api = new OrtApi(koffi, library.path);
    const options = api.handle('ReleaseRunOptions', api.create('CreateRunOptions'));
    api.call('RunOptionsSetTerminate', options.pointer);
    options.dispose();
    options.dispose();
    expect(() => api.call('RunOptionsSetTerminate', options.pointer)).toThrowErrorMatchingInlineSnapshot(
      `[DisposedError: ort: a native object was used after ReleaseRunOptions.]`,
    );
  },
);

test.skipIf(!('path' in library))('a failed call is an error with the library’s own words', async () => {
  if (!('path' in library)) return;
  const { default: koffi } = await import('koffi');
  const api = new OrtApi(koffi, library.path);
  const options = api.handle('ReleaseSessionOptions', api.create('CreateSessionOptions'));
  expect(() => api.call('SetSessionGraphOptimizationLevel', options.pointer, 55)).toThrowError(
    /^ort: SetSessionGraphOptimizationLevel failed; ONNX Runtime [\d.]+ says: .*not valid/,
  );
  options.dispose();
});

test('a command line that the library could not read is a reason not to start it', () => {
  expect(commandLineReason(['node', 'qkv', 'a short text'])).toBeNull();
  expect(commandLineReason(['node', '가'.repeat(10_000)])).toMatchInlineSnapshot(
    `"the command line has 30006 bytes and ONNX Runtime's native code takes 26000 at most; put long texts in a file"`,
  );
});
