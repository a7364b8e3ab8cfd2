import { normalizeAxis } from '../../core/index.ts';
import * as ops from '../../ops/index.ts';
import { lift, type Tensor } from '../../tensor/index.ts';
import { constant } from '../init.ts';
import { Module, Parameter } from '../module.ts';

type Value = Tensor['value'];

/** A layer that is a function of its input alone. */
abstract class Activation extends Module {
  readonly #f: (x: Value) => Value;

  constructor(f: (x: Value) => Value) {
    super();
    this.#f = f;
  }

  override forward(x: Tensor): Tensor {
    return lift(this.#f(x.value), x);
  }
}

/** Gaussian error linear unit, x · Φ(x): exact by erf, or with `approximate: 'tanh'` GPT-2's formula. Source: Hendrycks and Gimpel, 2016, arXiv:1606.08415. Like torch.nn.GELU. */
export class GELU extends Activation {
  constructor({ approximate = 'none' }: { readonly approximate?: 'none' | 'tanh' } = {}) {
    super(approximate === 'tanh' ? ops.geluTanh : ops.gelu);
  }
}

/** Hyperbolic tangent. Like torch.nn.Tanh. */
export class Tanh extends Activation {
  constructor() {
    super(ops.tanh);
  }
}

/** The positive part. Like torch.nn.ReLU. */
export class ReLU extends Activation {
  constructor() {
    super(ops.relu);
  }
}

/** Each element held between 0 and 6. Like torch.nn.ReLU6. */
export class ReLU6 extends Activation {
  constructor() {
    super(ops.relu6);
  }
}

/** Logistic function, 1 / (1 + e^−x). Like torch.nn.Sigmoid. */
export class Sigmoid extends Activation {
  constructor() {
    super(ops.sigmoid);
  }
}

/** Logarithm of the logistic function, exact where that is nearly 0. Like torch.nn.LogSigmoid. */
export class LogSigmoid extends Activation {
  constructor() {
    super(ops.logsigmoid);
  }
}

/** ½ + x/6, held between 0 and 1. Like torch.nn.Hardsigmoid. */
export class Hardsigmoid extends Activation {
  constructor() {
    super(ops.hardsigmoid);
  }
}

/** Each element held between `min_val` and `max_val`, by default −1 and 1. Like torch.nn.Hardtanh. */
export class Hardtanh extends Activation {
  constructor({ min_val = -1, max_val = 1 }: { readonly min_val?: number; readonly max_val?: number } = {}) {
    super((x) => ops.hardtanh(x, { min: min_val, max: max_val }));
  }
}

/** Sigmoid linear unit, x · σ(x), also named swish. Source: Elfwing, Uchibe and Doya, 2017, arXiv:1702.03118. Like torch.nn.SiLU. */
export class SiLU extends Activation {
  constructor() {
    super(ops.silu);
  }
}

/** x · tanh(softplus(x)). Source: Misra, 2019, arXiv:1908.08681. Like torch.nn.Mish. */
export class Mish extends Activation {
  constructor() {
    super(ops.mish);
  }
}

/** x · hardsigmoid(x). Source: Howard et al., 2019, arXiv:1905.02244. Like torch.nn.Hardswish. */
export class Hardswish extends Activation {
  constructor() {
    super(ops.hardswish);
  }
}

/** x where it is positive, α(e^x − 1) elsewhere. Source: Clevert, Unterthiner and Hochreiter, 2015, arXiv:1511.07289. Like torch.nn.ELU. */
export class ELU extends Activation {
  constructor({ alpha = 1 }: { readonly alpha?: number } = {}) {
    super((x) => ops.elu(x, { alpha }));
  }
}

/** An ELU whose slope at 0 is 1 for every α: α · elu(x/α). Source: Barron, 2017, arXiv:1704.07483. Like torch.nn.CELU. */
export class CELU extends Activation {
  constructor({ alpha = 1 }: { readonly alpha?: number } = {}) {
    super((x) => ops.celu(x, { alpha }));
  }
}

/** Scaled ELU, which keeps zero mean and unit variance. Source: Klambauer et al., 2017, arXiv:1706.02515. Like torch.nn.SELU. */
export class SELU extends Activation {
  constructor() {
    super(ops.selu);
  }
}

/** x where it is positive, `negative_slope` · x elsewhere. Like torch.nn.LeakyReLU. */
export class LeakyReLU extends Activation {
  constructor({ negative_slope = 0.01 }: { readonly negative_slope?: number } = {}) {
    super((x) => ops.leakyRelu(x, { negativeSlope: negative_slope }));
  }
}

/** log(1 + e^βx)/β, a smooth relu, and x itself where βx exceeds `threshold`. Like torch.nn.Softplus. */
export class Softplus extends Activation {
  constructor({ beta = 1, threshold = 20 }: { readonly beta?: number; readonly threshold?: number } = {}) {
    // From 20 on both are the same number in float32, and without the choice a pass is saved.
    super((x) => ops.softplus(x, { beta, threshold: threshold >= 20 ? null : threshold }));
  }
}

/** x / (1 + |x|). Like torch.nn.Softsign. */
export class Softsign extends Activation {
  constructor() {
    super(ops.softsign);
  }
}

/** x − tanh(x). Like torch.nn.Tanhshrink. */
export class Tanhshrink extends Activation {
  constructor() {
    super(ops.tanhshrink);
  }
}

/** x brought nearer to 0 by `lambd`, and 0 where |x| is not larger than that. Like torch.nn.Softshrink. */
export class Softshrink extends Activation {
  constructor({ lambd = 0.5 }: { readonly lambd?: number } = {}) {
    super((x) => ops.softshrink(x, { lambda: lambd }));
  }
}

/** x where |x| is larger than `lambd`, else 0. Like torch.nn.Hardshrink. */
export class Hardshrink extends Activation {
  constructor({ lambd = 0.5 }: { readonly lambd?: number } = {}) {
    super((x) => ops.hardshrink(x, { lambda: lambd }));
  }
}

/** x where it is larger than `threshold`, else `value`. Like torch.nn.Threshold. */
export class Threshold extends Activation {
  constructor(threshold: number, value: number) {
    super((x) => ops.threshold(x, { threshold, value }));
  }
}

/** Gated linear unit: the first half of an axis times σ of the second. Shapes: `[..., 2n, ...]` → `[..., n, ...]`. Source: Dauphin et al., 2016, arXiv:1612.08083. Like torch.nn.GLU. */
export class GLU extends Activation {
  constructor({ dim = -1 }: { readonly dim?: number } = {}) {
    super((x) => ops.glu(x, { axis: dim }));
  }
}

/** e^x divided by its sum along the axis `dim`. Like torch.nn.Softmax. */
export class Softmax extends Activation {
  constructor(dim: number) {
    super((x) => ops.softmax(x, { axis: normalizeAxis(dim, x.shape.length, 'Softmax') }));
  }
}

/** e^−x divided by its sum along the axis `dim`. Like torch.nn.Softmin. */
export class Softmin extends Activation {
  constructor(dim: number) {
    super((x) => ops.softmax(ops.neg(x), { axis: normalizeAxis(dim, x.shape.length, 'Softmin') }));
  }
}

/** Logarithm of softmax along the axis `dim`. Like torch.nn.LogSoftmax. */
export class LogSoftmax extends Activation {
  constructor(dim: number) {
    super((x) => ops.logSoftmax(x, { axis: normalizeAxis(dim, x.shape.length, 'LogSoftmax') }));
  }
}

/**
 * x where it is positive, weight · x elsewhere; the weight is learned, one for all or one for each channel.
 * Shapes: x `[N, num_parameters, ...]`, or any where there is one parameter → the same; weight `[num_parameters]`, 0.25 at first.
 * Like torch.nn.PReLU. Source: He, Zhang, Ren and Sun, 2015, arXiv:1502.01852.
 */
export class PReLU extends Module {
  readonly weight: Parameter;

  constructor({ num_parameters = 1, init = 0.25 }: { readonly num_parameters?: number; readonly init?: number } = {}) {
    super();
    this.weight = new Parameter(constant([num_parameters], init));
  }

  override forward(x: Tensor): Tensor {
    return lift(ops.prelu(x.value, this.weight.value), x, this.weight);
  }
}
