/**
 * As much of vitest's `expect` as the checks of ops use, for a page, where vitest is not: it stands in for `vitest` in the bundle.
 */
function differ(got: unknown, want: unknown): boolean {
  if (typeof got !== 'object' || typeof want !== 'object' || got === null || want === null) return !Object.is(got, want);
  const keys = new Set([...Object.keys(got), ...Object.keys(want)]);
  const at = (object: object, key: string) => (object as Record<string, unknown>)[key];
  return [...keys].some((key) => differ(at(got, key), at(want, key)));
}

function fail(message: string): never {
  throw new Error(message);
}

export const expect = Object.assign(
  (got: unknown, what = 'value') => ({
    toEqual: (want: unknown) => {
      if (differ(got, want)) fail(`${what}: ${JSON.stringify(got)} came and ${JSON.stringify(want)} was expected`);
    },
    toThrow: (pattern: RegExp) => {
      let message: string | null = null;
      try {
        (got as () => unknown)();
      } catch (error) {
        message = error instanceof Error ? error.message : String(error);
      }
      if (message === null || !pattern.test(message)) fail(`${what}: ${message ?? 'nothing'} was thrown, expected ${pattern}`);
    },
    toBeNull: () => {
      if (got !== null) fail(`${what}: ${got}`);
    },
  }),
  { fail },
);
