import { type Node, topologicalOrder, type Value } from '../graph/index.ts';
import type { Tensor } from './tensor.ts';

/** Tensors whose next content is to be computed in the run that computes a node. */
const waiting = new WeakMap<Node, Set<Tensor>>();
/** Whether anything ever waited: programs without such tensors pay nothing for them. */
let hasAny = false;

/** Says that a tensor, if it is not computed by then, is to be computed in the run that computes `node`. */
export function computeAlong(node: Node, tensor: Tensor): void {
  hasAny = true;
  const tensors = waiting.get(node);
  if (tensors) tensors.add(tensor);
  else waiting.set(node, new Set([tensor]));
}

/** The tensors that are to be computed in a run of these values, and are not yet. */
export function dueWith(values: readonly Value[]): readonly Tensor[] {
  if (!hasAny) return [];
  const due = new Set<Tensor>();
  for (const node of topologicalOrder(values))
    for (const tensor of waiting.get(node) ?? []) if (!tensor.isComputed) due.add(tensor);
  return [...due];
}
