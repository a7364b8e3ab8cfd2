/**
 * The seam between qkv and what executes ONNX models, and the runtimes behind it.
 * May import core, onnx and formats. A new runtime is a row in `rows.node.ts` or `rows.web.ts`; where its buffers lie in the host's
 * memory, it is an `Engine`, and `HostRuntime` does the rest. `runtime.test.ts` runs over every row that is available.
 */
export * from './errors.ts';
export * from './open.ts';
export * from './runtime.ts';
