import type { Engine } from '../host-runtime.ts';
import { operatorsOfWebGpu } from '../operators.ts';
import { SessionEngine } from './session-engine.ts';

/**
 * ONNX Runtime's WebGPU build. Buffers lie in the host's memory, so that each run copies its inputs to the GPU and its outputs
 * back; operators without a GPU kernel run on WASM.
 */
export async function openOrtWebGpu(): Promise<Engine> {
  const module = await import('onnxruntime-web/webgpu');
  module.env.logLevel = 'fatal';
  return new SessionEngine({
    name: 'ort-webgpu',
    device: 'webgpu',
    threads: 1,
    version: module.env.versions.web ?? module.env.versions.common,
    module,
    executionProvider: 'webgpu',
    writesOutputs: false,
    operators: operatorsOfWebGpu,
    dtypes: ['float32', 'int32'],
  });
}
