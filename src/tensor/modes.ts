import { ConfigError } from '../core/index.ts';
import type { Value } from '../graph/index.ts';
import type { Tensor } from './tensor.ts';

/** Told of what happens to tensors while a graph is being built. */
export interface Observer {
  /** A tensor with content enters the graph. */
  leaf(leaf: Value, tensor: Tensor): void;
  /** A tensor is about to be updated; `before` is its graph until now. */
  update(tensor: Tensor, before: Value): void;
}

let untracked = 0;
let frozen = 0;
let observer: Observer | null = null;

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

/** Runs f; updates of tensors inside are left out. For a function that is run again only to have its graph a second time. */
export function withoutUpdates<T>(f: () => T): T {
  frozen++;
  try {
    return f();
  } finally {
    frozen--;
  }
}

/** Whether updates of tensors are to be left out. */
export function isFrozen(): boolean {
  return frozen > 0;
}

/** Runs f, telling `seen` what happens to tensors meanwhile. */
export function observing<T>(seen: Observer, f: () => T): T {
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
  observer?.leaf(leaf, tensor);
}

/** Tells whoever observes. */
export function noteUpdate(tensor: Tensor, before: Value): void {
  observer?.update(tensor, before);
}

/** Whether a graph is being built that will run again with other contents. */
export function isTracing(): boolean {
  return observer !== null;
}
