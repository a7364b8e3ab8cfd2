import { ConfigError } from '../core/index.ts';
import { derivedGradient, noGrad, type Tensor, tensor } from '../tensor/index.ts';

/**
 * Scales all gradients down together so that their joint Euclidean norm is at most `maxNorm`. Returns the norm before.
 * Builds graph; the optimizer's step computes it, and the norm, in its one run.
 * Like torch.nn.utils.clip_grad_norm_. Source: Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063.
 */
export function clipGradNorm(parameters: readonly Tensor[], maxNorm: number): Tensor {
  if (!(maxNorm > 0)) throw new ConfigError(`clipGradNorm: maxNorm is ${maxNorm}; it must be positive.`);
  const trained = parameters.filter((parameter) => parameter.grad !== null);
  if (trained.length === 0) return tensor(0);
  return noGrad(() => {
    const norm = trained
      .map(({ grad }) => grad!.sumSquare())
      .reduce((a, b) => a.add(b))
      .sqrt();
    // The small number is PyTorch's, against a division by zero.
    const scale = norm.add(1e-6).reciprocal().mul(maxNorm).minimum(1);
    for (const parameter of trained) parameter.grad = derivedGradient(parameter.grad!.mul(scale).value, parameter.grad!, norm);
    return norm;
  });
}
