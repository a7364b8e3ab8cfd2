import * as module from 'onnxruntime-node';
import type { Engine } from '../host-runtime.ts';
import { SessionEngine } from './session-engine.ts';

/**
 * ONNX Runtime by way of onnxruntime-node's own binding, where the foreign call to its library cannot load.
 * Runs block the thread, and each copies its outputs once more than needed.
 */
export function openOrtBinding(threads: number): Engine {
  return new SessionEngine({
    name: 'ort-binding',
    device: 'cpu',
    threads,
    version: module.env.versions.node ?? module.env.versions.common,
    module,
    executionProvider: 'cpu',
    writesOutputs: true,
  });
}
