import { normalizeAxis } from '../../core/index.ts';
import * as ops from '../../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { ReductionMethods } from './reductions.ts';

/** Methods for products, normalizations and picking by index. */
export abstract class ProductMethods extends ReductionMethods {
  /** Matrix product of the last two axes; leading axes broadcast. */
  matmul(other: Tensor): Tensor {
    return this.binary(ops.matmul, other);
  }
  softmax(axis: number): Tensor {
    return this.derive(ops.softmax(this.value, { axis: normalizeAxis(axis, this.rank, 'softmax') }));
  }
  logSoftmax(axis: number): Tensor {
    return this.derive(ops.logSoftmax(this.value, { axis: normalizeAxis(axis, this.rank, 'logSoftmax') }));
  }
  /** For each place, the element whose position along `axis` the index names: torch.gather. */
  gather(axis: number, indices: Tensor): Tensor {
    return this.derive(ops.takeAlong(this.value, indices.value, { axis: normalizeAxis(axis, this.rank, 'gather') }));
  }
  /** Rows of the first axis, picked by index. Shapes: this `[V, ...rest]`, indices `[...I]` → `[...I, ...rest]`. */
  rows(indices: Tensor): Tensor {
    return this.derive(ops.gatherRows(this.value, indices.value, { paddingIdx: null }));
  }
}
