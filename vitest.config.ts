import { defineConfig } from 'vitest/config';

// `qkv-source` sends `qkv/...` and `#...` to src, so that tests need no build.
const source = ['qkv-source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  resolve: { conditions: source },
  ssr: { resolve: { conditions: source, externalConditions: source } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/.peers/**', 'dist/**'],
    // Processes and not worker threads: the foreign-function library and ONNX Runtime keep state per process, and a
    // native fault then names one test file where it would otherwise end the whole run.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    sequence: { hooks: 'stack' },
  },
});
