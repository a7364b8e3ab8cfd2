import type { InterpolationMode } from '../../ops/index.ts';
import * as ops from '../../ops/index.ts';
import { lift, type Tensor } from '../../tensor/index.ts';
import type { PerAxis } from './sizes.ts';

/** Options of `interpolate`, as PyTorch names them. */
export interface InterpolateOptions {
  /** Lengths of the spatial axes that come out. Either this or `scale_factor`. */
  readonly size?: PerAxis | null;
  /** By how much the spatial axes grow. */
  readonly scale_factor?: PerAxis | null;
  /** Default 'nearest'. */
  readonly mode?: InterpolationMode;
  /** Whether the first and last elements of input and output lie on each other, rather than the outer edges. Default false. */
  readonly align_corners?: boolean | null;
}

/** Signals and pictures of another size. Shapes: x `[N, C, ...S]` → `[N, C, ...size]`. See `interpolate` of the ops. */
export function interpolate(x: Tensor, { size, scale_factor, mode, align_corners }: InterpolateOptions): Tensor {
  const options = {
    ...(size != null && { size }),
    ...(scale_factor != null && { scaleFactor: scale_factor }),
    ...(mode && { mode }),
    ...(align_corners != null && { alignCorners: align_corners }),
  };
  return lift(ops.interpolate(x.value, options), x);
}
