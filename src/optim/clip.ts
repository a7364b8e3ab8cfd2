import { ConfigError, DataError } from '../core/index.ts';
import { derivedGradient, evaluate, noGrad, rootsOf, stack, type Tensor, tensor, where } from '../tensor/index.ts';

/** How gradients are clipped by their norm, named as in PyTorch. */
export interface ClipGradNormOptions {
  /** Which norm: any number above 0, or Infinity for the largest magnitude. Default 2. */
  readonly norm_type?: number;
  /** Fails where the norm is infinite or NaN, before anything is clipped. The norm is then computed at once. Default false. */
  readonly error_if_nonfinite?: boolean;
}

/**
 * Scales all gradients down together so that their joint norm is at most `maxNorm`. Returns the norm before.
 *
 *   g ← g · min(1, maxNorm / (‖all gradients‖ + 1e-6))
 *
 * Builds graph; the optimizer's step computes it, and the norm, in its one run. With error_if_nonfinite the gradients and
 * their norm are computed in a run of their own, so that nothing is trained on what is not a number, and a promise comes back.
 * Like torch.nn.utils.clip_grad_norm_. Source: Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063.
 * @throws ConfigError for a maxNorm or norm_type that is not positive.
 * @throws DataError when error_if_nonfinite is set and the norm is infinite or NaN.
 */
export function clipGradNorm(
  parameters: readonly Tensor[],
  maxNorm: number,
  options: ClipGradNormOptions & { readonly error_if_nonfinite: true },
): Promise<Tensor>;
export function clipGradNorm(
  parameters: readonly Tensor[],
  maxNorm: number,
  options?: ClipGradNormOptions & { readonly error_if_nonfinite?: false },
): Tensor;
export function clipGradNorm(
  parameters: readonly Tensor[],
  maxNorm: number,
  { norm_type = 2, error_if_nonfinite = false }: ClipGradNormOptions = {},
): Tensor | Promise<Tensor> {
  if (!(maxNorm > 0)) throw new ConfigError(`clipGradNorm: maxNorm is ${maxNorm}; it must be positive.`);
  if (!(norm_type > 0))
    throw new ConfigError(
      `clipGradNorm: norm_type is ${norm_type}; it must be positive, or Infinity for the largest magnitude.`,
    );
  const trained = parameters.filter((parameter) => parameter.grad !== null);
  if (trained.length === 0) return error_if_nonfinite ? Promise.resolve(tensor(0)) : tensor(0);
  const norm = noGrad(() => jointNorm(trained, norm_type));
  if (!error_if_nonfinite) return scaleDown(trained, norm, maxNorm);
  return checkFinite(trained, norm, norm_type).then(() => scaleDown(trained, norm, maxNorm));
}

/**
 * Holds each element of each gradient between −clipValue and clipValue. Builds graph; the optimizer's step computes it.
 * Like torch.nn.utils.clip_grad_value_.
 * @throws ConfigError for a clipValue that is not positive.
 */
export function clipGradValue(parameters: readonly Tensor[], clipValue: number): void {
  if (!(clipValue > 0)) throw new ConfigError(`clipGradValue: clipValue is ${clipValue}; it must be positive.`);
  noGrad(() => {
    for (const parameter of parameters) {
      const { grad } = parameter;
      if (grad) parameter.grad = derivedGradient(grad.clip(-clipValue, clipValue).value, grad);
    }
  });
}

function jointNorm(trained: readonly Tensor[], norm_type: number): Tensor {
  const gradients = trained.map(({ grad }) => grad!);
  if (norm_type === Number.POSITIVE_INFINITY) return largest(stack(gradients.map(largest)));
  if (norm_type !== 2) return stack(gradients.map((grad) => grad.norm(norm_type))).norm(norm_type);
  return gradients
    .map((grad) => grad.sumSquare())
    .reduce((a, b) => a.add(b))
    .sqrt();
}

/** The largest magnitude; NaN where there is one, which runtimes leave out of a maximum. */
function largest(x: Tensor): Tensor {
  return where(x.isnan().any(), Number.NaN, x.norm(Number.POSITIVE_INFINITY));
}

function scaleDown(trained: readonly Tensor[], norm: Tensor, maxNorm: number): Tensor {
  return noGrad(() => {
    // The small number is PyTorch's, against a division by zero.
    const scale = norm.add(1e-6).reciprocal().mul(maxNorm).minimum(1);
    for (const parameter of trained) parameter.grad = derivedGradient(parameter.grad!.mul(scale).value, parameter.grad!, norm);
    return norm;
  });
}

/** Computes the gradients, what they wait with, and their norm. */
async function checkFinite(trained: readonly Tensor[], norm: Tensor, norm_type: number): Promise<void> {
  const gradients = trained.map(({ grad }) => grad!);
  await evaluate([norm, ...gradients, ...gradients.flatMap((grad) => rootsOf(grad))]);
  const found = await norm.item();
  if (!Number.isFinite(found))
    throw new DataError(
      `clipGradNorm: the norm of order ${norm_type} of the gradients is ${found}, so they cannot be clipped. Lower the learning rate, or look for the step before which the loss grew; error_if_nonfinite: false goes on regardless.`,
    );
}
