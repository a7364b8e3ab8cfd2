import type { Value } from '../graph/index.ts';
import { reshapeRow } from '../ops/index.ts';
import { blockPointwise } from './blocks.ts';
import { computeOnDemand } from './demand.ts';
import { trimLoops } from './loops.ts';
import { simplify } from './simplify.ts';

/**
 * The graph as it is to be lowered: cleaned up, without what nobody reads, its long element-wise chains cut into blocks where the runtime can do that,
 * and outputs that are only another shape of a value replaced by that value.
 * @param has whether the runtime has an operator that not every runtime has.
 */
export function optimize(outputs: readonly Value[], has: (opType: string) => boolean): Value[] {
  const simple = simplify(computeOnDemand(simplify(trimLoops(outputs))));
  const blocked = has('Scan') ? blockPointwise(simple) : simple;
  return blocked.map(withoutReshape);
}

function withoutReshape(value: Value): Value {
  let inner = value;
  while (inner.node.row === reshapeRow.row) inner = inner.node.inputs[0]!;
  return inner;
}
