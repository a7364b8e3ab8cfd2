import { ConfigError, formatShape, nearest, ShapeError, sameShape } from '../core/index.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Module } from './module.ts';

/**
 * module.forward(...args) with other tensors in place of some of its parameters and buffers, given by their paths. Makes of
 * a module a function of its weights, for `grad`, `vjp`, `jvp` and `hessianVectorProduct`. A weight that stands under
 * several paths is replaced under all of them. The module is as before when the call returns, or throws.
 * As torch.func.functional_call.
 * @throws ConfigError for a path that the module does not have. @throws ShapeError when a shape differs from the weight's.
 * @example
 * import { grad, randn, type Tensor } from 'qkv';
 * import { functionalCall, Linear } from 'qkv/nn';
 * const linear = new Linear(3, 2);
 * const loss = (weight: Tensor) => functionalCall(linear, { weight }, randn([4, 3])).square().mean();
 * const [slope] = grad(loss)(linear.weight);
 * console.log(slope!.shape); // [ 2, 3 ]
 */
export function functionalCall<M extends Module>(
  module: M,
  weights: Readonly<Record<string, Tensor>>,
  ...args: Parameters<M['forward']>
): ReturnType<M['forward']> {
  const places = [...module.namedTensors()];
  const replacements = new Map<Tensor, Tensor>();
  for (const [path, weight] of Object.entries(weights)) {
    const own = places.find(([name]) => name === path)?.[1];
    if (!own) {
      const names = places.map(([name]) => name);
      throw new ConfigError(
        `functionalCall: ${module.constructor.name} has no ${path}; did you mean ${nearest(path, names) ?? names[0]}?`,
      );
    }
    if (!sameShape(own.shape, weight.shape))
      throw new ShapeError(
        `functionalCall: ${path} is ${formatShape(own.shape)} and was given as ${formatShape(weight.shape)}; both need one shape.`,
      );
    replacements.set(own, weight);
  }
  const put = (which: (own: Tensor) => Tensor | undefined) => {
    for (const [path, own] of places) {
      const tensor = which(own);
      if (tensor) setAt(module, path, tensor);
    }
  };
  put((own) => replacements.get(own));
  try {
    return module.forward(...(args as never[])) as ReturnType<M['forward']>;
  } finally {
    put((own) => (replacements.has(own) ? own : undefined));
  }
}

/** Sets the field at a path of the state dict. */
function setAt(module: Module, path: string, tensor: Tensor): void {
  const names = path.split('.');
  const last = names.pop()!;
  let holder = module as unknown as Record<string, unknown>;
  for (const name of names) holder = holder[name] as Record<string, unknown>;
  holder[last] = tensor;
}
