import { normalizeAxis } from '../../core/index.ts';
import * as ops from '../../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { TensorBase } from './base.ts';
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
    return this.derive(ops.gather(this.value, indices.value, { axis }));
  }
  /** `gather`, with this and the indices broadcast on every other axis: torch.take_along_dim. */
  takeAlongDim(indices: Tensor, axis: number): Tensor {
    return this.derive(ops.takeAlongDim(this.value, indices.value, { axis }));
  }
  /** Elements put at the positions along `axis` that the indices name: torch.scatter. */
  scatter(axis: number, indices: Tensor, updates: Tensor): Tensor {
    const at = normalizeAxis(axis, this.rank, 'scatter');
    return this.derive(ops.scatter(this.value, indices.value, updates.value, { axis: at, reduce: 'none' }), updates);
  }
  /** Elements added at the positions along `axis` that the indices name: torch.scatter_add. */
  scatterAdd(axis: number, indices: Tensor, updates: Tensor): Tensor {
    const at = normalizeAxis(axis, this.rank, 'scatterAdd');
    return this.derive(ops.scatter(this.value, indices.value, updates.value, { axis: at, reduce: 'add' }), updates);
  }
  /** Slices of an axis, picked by index: torch.index_select. */
  indexSelect(axis: number, indices: Tensor): Tensor {
    return this.derive(ops.indexSelect(this.value, indices.value, { axis: normalizeAxis(axis, this.rank, 'indexSelect') }));
  }
  /**
   * Elements by NumPy's rules: `x.index('1:3', null, '...', [0, 2])` is `x[1:3, None, ..., [0, 2]]`. A mask is arrays of
   * booleans, or a bool tensor made from data.
   * @throws UnsupportedError for a mask that has to be computed first.
   */
  index(...items: readonly (ops.IndexItem | Tensor)[]): Tensor {
    const read = items.map((item): ops.IndexItem => {
      if (!(item instanceof TensorBase)) return item as ops.IndexItem;
      const { value } = item;
      const source = value.node.source as { readonly kind: string; readonly data?: ArrayLike<number> } | null;
      return value.dtype === 'bool' && source?.data ? { shape: value.shape, mask: source.data } : value;
    });
    return this.derive(ops.indexed(this.value, read));
  }
  /** Rows of the first axis, picked by index. Shapes: this `[V, ...rest]`, indices `[...I]` → `[...I, ...rest]`. */
  rows(indices: Tensor): Tensor {
    return this.derive(ops.gatherRows(this.value, indices.value, { paddingIdx: null }));
  }
}
