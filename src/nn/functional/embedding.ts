import * as ops from '../../ops/index.ts';
import { lift, type Tensor } from '../../tensor/index.ts';

/** Rows of a table. Shapes: ids `[...I]` int32 or int64, weight `[V, C]` → `[...I, C]`. The row `padding_idx` gets no gradient. */
export function embedding(
  ids: Tensor,
  weight: Tensor,
  { padding_idx = null }: { readonly padding_idx?: number | null } = {},
): Tensor {
  return lift(ops.gatherRows(weight.value, ids.value, { paddingIdx: padding_idx }), weight);
}
