import type { Precision } from './runtime.ts';

/**
 * Operators of ONNX Runtime's CPU build, native and WASM, beyond the standard's basic ones. A test runs each. `UnshapedConv`
 * stands for a Conv with kernels whose lengths the model does not say; `StableTopK` for a TopK that takes equal elements in the
 * order they have; `UnroundedMatMul` for products whose operands keep all their bits; `HardSigmoid` for one that is no slower
 * than a sum; `BiasedGemm` for a Gemm that adds its bias in the pass that it makes anyway; `OpenRanks` for inputs of which the
 * model does not say how many axes they have. One name is missing here: `AddingScatterND`, for a ScatterND that loses none of
 * several updates which it adds to one place, where ONNX Runtime's threads overwrite each other's.
 */
export const operatorsOfCpu: ReadonlySet<string> = new Set([
  'FusedMatMul',
  'Gelu',
  'QuickGelu',
  'BiasGelu',
  'FastGelu',
  'Scan',
  'UnshapedConv',
  'StableTopK',
  'UnroundedMatMul',
  'SimplifiedLayerNormalization',
  'MatMulNBits',
  'HardSigmoid',
  'BiasedGemm',
  'OpenRanks',
]);

/** Those of them that have a WebGPU kernel; FusedMatMul has none and would move its operands to the CPU and back. */
export const operatorsOfWebGpu: ReadonlySet<string> = new Set([
  'Gelu',
  'QuickGelu',
  'UnshapedConv',
  'StableTopK',
  'UnroundedMatMul',
  'HardSigmoid',
  'BiasedGemm',
]);

/**
 * Those that OpenVINO has. It has Scan too, but not one whose body reads names of the graph around it, Conv, but not one
 * whose kernels have no length before they are computed, and HardSigmoid, but a slow one.
 */
const sharedByOpenVino = new Set([
  'FusedMatMul',
  'Gelu',
  'QuickGelu',
  'BiasGelu',
  'FastGelu',
  'MatMulNBits',
  'AddingScatterND',
]);

/** The same, by what products are computed in. */
export const operatorsOfOpenVino: Readonly<Record<Precision, ReadonlySet<string>>> = {
  float32: new Set([...sharedByOpenVino, 'UnroundedMatMul']),
  bfloat16: sharedByOpenVino,
};
