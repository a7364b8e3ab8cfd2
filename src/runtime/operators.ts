/** Operators of ONNX Runtime's CPU build, native and WASM, beyond the standard's basic ones. A test runs each. */
export const operatorsOfCpu: ReadonlySet<string> = new Set([
  'FusedMatMul',
  'Gelu',
  'QuickGelu',
  'BiasGelu',
  'FastGelu',
  'Scan',
  'SimplifiedLayerNormalization',
]);

/** Those of them that have a WebGPU kernel; FusedMatMul has none and would move its operands to the CPU and back. */
export const operatorsOfWebGpu: ReadonlySet<string> = new Set(['Gelu', 'QuickGelu']);
