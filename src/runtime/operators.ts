/**
 * Operators of ONNX Runtime's CPU build, native and WASM, beyond the standard's basic ones. A test runs each. `Conv` stands for
 * it and its kin with kernels that are computed, as those of a model in training are; `StableTopK` for a TopK that takes equal
 * elements in the order they have.
 */
export const operatorsOfCpu: ReadonlySet<string> = new Set([
  'FusedMatMul',
  'Gelu',
  'QuickGelu',
  'BiasGelu',
  'FastGelu',
  'Scan',
  'Conv',
  'StableTopK',
]);

/** Those of them that have a WebGPU kernel; FusedMatMul has none and would move its operands to the CPU and back. */
export const operatorsOfWebGpu: ReadonlySet<string> = new Set(['Gelu', 'QuickGelu', 'Conv', 'StableTopK']);

/**
 * Those that OpenVINO has. It has Scan too, but not one whose body reads names of the graph around it, and Conv, but not one
 * whose kernels have no length before they are computed.
 */
export const operatorsOfOpenVino: ReadonlySet<string> = new Set(['FusedMatMul', 'Gelu', 'QuickGelu', 'BiasGelu', 'FastGelu']);
