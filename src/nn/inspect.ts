import { ConfigError, nearest } from '../core/index.ts';
import { Tensor } from '../tensor/index.ts';
import { observeAttention } from './functional/index.ts';
import type { HookHandle, Module } from './module.ts';

/** What `inspect` saw: by the path of the module, as `namedModules` gives it. */
export class Inspection<T> {
  /** What the function gave. */
  readonly result: T;
  /** The outputs of each module, in the order of its calls. */
  readonly outputs: ReadonlyMap<string, readonly unknown[]>;
  /** The attention weights `[..., H, T, S]` that each module computed, before dropout, in the order of its calls. */
  readonly attentions: ReadonlyMap<string, readonly Tensor[]>;

  /** Made by `inspect`. */
  constructor(result: T, outputs: ReadonlyMap<string, readonly unknown[]>, attentions: ReadonlyMap<string, readonly Tensor[]>) {
    this.result = result;
    this.outputs = outputs;
    this.attentions = attentions;
  }

  /**
   * What the module at this path gave at its last call: a tensor, or the first of several.
   * @throws ConfigError when no such module was called, or it gives no tensor.
   */
  activation(path: string): Tensor {
    const output = last(this.outputs, path, 'was called');
    const tensor = Array.isArray(output) ? output[0] : output;
    if (tensor instanceof Tensor) return tensor;
    throw new ConfigError(`inspect: the output of ${path || 'the model'} is no tensor; read it from outputs.get('${path}').`);
  }

  /**
   * The attention weights that the module at this path computed at its last call, `[..., H, T, S]`.
   * @throws ConfigError when there are none.
   */
  attention(path: string): Tensor {
    return last(this.attentions, path, 'computed attention');
  }
}

/**
 * Runs f and looks on: what every module below `model` gives meanwhile, and the weights of every attention, without a
 * change to the model. All of it is part of the graph as it is, so what is not read afterwards costs nothing; `evaluate`
 * computes several in one run. Attention is seen wherever `scaledDotProductAttention` computes it, under the path of the
 * innermost module, in a model of one's own as in BERT. A module that is held in several places is seen under its first path.
 *
 * @example
 * const model = new TransformerEncoderLayer(8, 2, { dim_feedforward: 16, batch_first: true }).eval();
 * const seen = inspect(model, () => model.forward(randn([1, 5, 8])));
 * const weights = await seen.attention('self_attn').toArray(); // [1, 2, 5, 5]
 * const hidden = seen.activation('linear1'); // [1, 5, 16]
 */
export function inspect<T>(model: Module, f: () => T): Inspection<T> {
  const paths = new Map<Module, string>();
  for (const [path, module] of model.namedModules()) if (!paths.has(module)) paths.set(module, path);
  const outputs = new Map<string, unknown[]>();
  const attentions = new Map<string, Tensor[]>();
  const running: string[] = [];
  const handles: HookHandle[] = [];
  for (const [module, path] of paths) {
    handles.push(
      module.registerForwardPreHook(() => {
        running.push(path);
        return undefined;
      }),
      module.registerForwardHook((_module, _args, output) => {
        // Not only the last one: a call below that failed and was caught has left its own.
        running.length = running.lastIndexOf(path);
        push(outputs, path, output);
        return undefined;
      }),
    );
  }
  try {
    const result = observeAttention((weights) => push(attentions, running.at(-1) ?? '', weights), f);
    return new Inspection(result, outputs, attentions);
  } finally {
    for (const handle of handles) handle.remove();
  }
}

function push<V>(lists: Map<string, V[]>, path: string, value: V): void {
  const list = lists.get(path);
  if (list) list.push(value);
  else lists.set(path, [value]);
}

function last<V>(lists: ReadonlyMap<string, readonly V[]>, path: string, what: string): V {
  const found = lists.get(path)?.at(-1);
  if (found !== undefined) return found;
  const all = [...lists.keys()];
  const close = nearest(path, all);
  const mend = close ? `did you mean ${close}?` : `there are ${all.join(', ') || 'none'}.`;
  throw new ConfigError(`inspect: no module at ${path || 'the root'} ${what} meanwhile; ${mend}`);
}
