import type { Precision } from './runtime.ts';

/**
 * Operators of ONNX Runtime's CPU build, native and WASM, beyond the standard's basic ones. A test runs each. `Conv` stands for
 * it and its kin with kernels that are computed, as those of a model in training are; `StableTopK` for a TopK that takes equal
 * elements in the order they have; `UnroundedMatMul` for products whose operands keep all their bits.
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
  'UnroundedMatMul',
  'SimplifiedLayerNormalization',
  'MatMulNBits',
  'HardSigmoid',
]);

/** Those of them that have a WebGPU kernel; FusedMatMul has none and would move its operands to the CPU and back. */
export const operatorsOfWebGpu: ReadonlySet<string> = new Set([
  'Gelu',
  'QuickGelu',
  'Conv',
  'StableTopK',
  'UnroundedMatMul',
  'HardSigmoid',
]);

/**
 * Those that OpenVINO has. It has Scan too, but not one whose body reads names of the graph around it, and Conv, but not one
 * whose kernels have no length before they are computed.
 */
const sharedByOpenVino = new Set(['FusedMatMul', 'Gelu', 'QuickGelu', 'BiasGelu', 'FastGelu', 'MatMulNBits']);

/** The same, by what products are computed in. */
export const operatorsOfOpenVino: Readonly<Record<Precision, ReadonlySet<string>>> = {
  float32: new Set([...sharedByOpenVino, 'UnroundedMatMul']),
  bfloat16: sharedByOpenVino,
};
