import { ConfigError } from '../core/index.ts';
import type { Value } from '../graph/index.ts';
import type { Tensor } from './tensor.ts';

/** Told of a tensor with content as it enters a graph. */
type LeafObserver = (leaf: Value, tensor: Tensor) => void;

let untracked = 0;
let observer: LeafObserver | null = null;

/** Runs f; what is built inside tracks no gradients. f must not be asynchronous: the switch is thrown back when it returns. */
export function noGrad<T>(f: () => T): T {
  untracked++;
  try {
    const result = f();
    if (result instanceof Promise) {
      throw new ConfigError(
        'noGrad: the function is asynchronous; build the graph inside noGrad and await its results outside.',
      );
    }
    return result;
  } finally {
    untracked--;
  }
}

/** Whether what is built now tracks gradients. */
export function isTracking(): boolean {
  return untracked === 0;
}

/** Runs f, telling `seen` which tensor stands behind each leaf that enters a graph meanwhile. */
export function observeLeaves<T>(seen: LeafObserver, f: () => T): T {
  const before = observer;
  observer = seen;
  try {
    return f();
  } finally {
    observer = before;
  }
}

/** Tells whoever observes. */
export function noteLeaf(leaf: Value, tensor: Tensor): void {
  observer?.(leaf, tensor);
}

/** Whether a graph is being built that will run again with other contents. */
export function isTracing(): boolean {
  return observer !== null;
}
