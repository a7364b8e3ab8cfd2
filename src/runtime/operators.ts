/** Operators of ONNX Runtime's CPU build, native and WASM, beyond the standard's basic ones. A test runs each. */
export const operatorsOfCpu: ReadonlySet<string> = new Set(['FusedMatMul', 'Gelu', 'QuickGelu', 'BiasGelu', 'FastGelu']);
