import {
  ConfigError,
  type DType,
  formatShape,
  MissingWeightError,
  nearest,
  QkvError,
  ShapeError,
  sameShape,
  type TypedArray,
} from '../core/index.ts';
import { type Device, type Placement, Tensor } from '../tensor/index.ts';

/** A tensor that training changes. A field of a module that holds one is part of the module's state. */
export class Parameter extends Tensor {
  /** @param initial its first content. */
  constructor(initial: Tensor, { requiresGrad = true }: { readonly requiresGrad?: boolean } = {}) {
    super(initial.value, { requiresGrad });
  }

  /** Takes the content of another tensor that holds data, as initialisers give it. @throws ShapeError when the shapes differ. */
  reset(initial: Tensor): void {
    this.adopt(initial);
  }
}

/** What a checkpoint holds under one name. */
export interface StateEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** What `loadStateDict` found. */
export interface LoadReport {
  /** Names of the module that the file does not have. Empty when strict. */
  readonly missing: readonly string[];
  /** Names of the file that the module does not have. */
  readonly unexpected: readonly string[];
}

/** Called before `forward` with the module and its arguments; an array that it returns takes their place. */
export type ForwardPreHook<M extends Module> = (
  module: M,
  args: Readonly<Parameters<M['forward']>>,
) => Readonly<Parameters<M['forward']>> | undefined;

/** Called after `forward` with the module, its arguments and its output; what it returns takes the output's place. */
export type ForwardHook<M extends Module> = (
  module: M,
  args: Readonly<Parameters<M['forward']>>,
  output: ReturnType<M['forward']>,
) => ReturnType<M['forward']> | undefined;

/** A hook that is in force. */
export interface HookHandle {
  /** Takes the hook away. Safe to call twice. */
  remove(): void;
  [Symbol.dispose](): void;
}

const pathOf = new WeakMap<QkvError, Module>();
let depth = 0;

/**
 * The base of layers and models. Parameters, buffers (plain tensors) and other modules are plain fields, or arrays of
 * them; nothing is registered. The state dict is the fields' paths, as in PyTorch: `encoder.layer.0.output.dense.weight`.
 */
export abstract class Module {
  /** Whether dropout and the like are active. Set by `train` and `eval`. */
  training = true;
  readonly #preHooks = new Set<{ readonly hook: ForwardPreHook<Module> }>();
  readonly #hooks = new Set<{ readonly hook: ForwardHook<Module> }>();

  constructor() {
    // Wrapped once here, so that hooks are called and an error inside says at which module it arose, whoever calls forward.
    const forward = this.forward;
    Object.defineProperty(this, 'forward', { value: (...args: unknown[]) => this.#guarded(forward, args), configurable: true });
  }

  /** Computes the module's output. Written by each module. */
  abstract forward(...args: never[]): unknown;

  /** Every parameter below this module with its path, in the order of the fields. One that is shared comes once, under its first path. */
  *namedParameters(): Generator<[string, Parameter]> {
    const seen = new Set<Tensor>();
    for (const [path, tensor] of this.namedTensors()) {
      if (!(tensor instanceof Parameter) || seen.has(tensor)) continue;
      seen.add(tensor);
      yield [path, tensor];
    }
  }

  /** Every parameter below this module. */
  parameters(): Parameter[] {
    return Array.from(this.namedParameters(), ([, parameter]) => parameter);
  }

  /** Every module below this one, itself first under the empty path. */
  *namedModules(prefix = ''): Generator<[string, Module]> {
    yield [prefix, this];
    for (const [name, child] of fieldsOf(this)) {
      if (child instanceof Module) yield* child.namedModules(prefix === '' ? name : `${prefix}.${name}`);
    }
  }

  /** Every parameter and buffer below this module with its path. Those that are shared come under each path. */
  *namedTensors(): Generator<[string, Tensor]> {
    for (const [prefix, module] of this.namedModules()) {
      for (const [name, field] of fieldsOf(module)) {
        if (field instanceof Tensor) yield [prefix === '' ? name : `${prefix}.${name}`, field];
      }
    }
  }

  /** Every buffer below this module with its path: tensors that are part of its state and are not trained. One that is shared comes once. */
  *namedBuffers(): Generator<[string, Tensor]> {
    const seen = new Set<Tensor>();
    for (const [path, tensor] of this.namedTensors()) {
      if (tensor instanceof Parameter || seen.has(tensor)) continue;
      seen.add(tensor);
      yield [path, tensor];
    }
  }

  /** Calls f with every module below this one and then with itself, as torch.nn.Module.apply does: for initial values of one's own. */
  apply(f: (module: Module) => void): this {
    for (const [, child] of fieldsOf(this)) if (child instanceof Module) child.apply(f);
    f(this);
    return this;
  }

  /**
   * Calls the hook before each `forward` of this module; hooks are called in the order in which they came.
   * Like torch.nn.Module.register_forward_pre_hook.
   */
  registerForwardPreHook<M extends Module>(this: M, hook: ForwardPreHook<M>): HookHandle {
    return registered(this.#preHooks, hook as unknown as ForwardPreHook<Module>);
  }

  /**
   * Calls the hook after each `forward` of this module; hooks are called in the order in which they came, each with what the
   * one before it made of the output. What it sees is part of the graph like any tensor: it can be kept and read later, and
   * costs nothing unless it is. Like torch.nn.Module.register_forward_hook. To look at many modules at once, see `inspect`.
   *
   * @example
   * const layer = new Linear(4, 2);
   * const seen: Tensor[] = [];
   * const handle = layer.registerForwardHook((_module, _args, output) => {
   *   seen.push(output);
   * });
   * layer.forward(randn([3, 4]));
   * handle.remove();
   */
  registerForwardHook<M extends Module>(this: M, hook: ForwardHook<M>): HookHandle {
    return registered(this.#hooks, hook as unknown as ForwardHook<Module>);
  }

  /** Number of trained numbers; with `trainable: false` the frozen ones count as well. */
  parameterCount({ trainable = false }: { readonly trainable?: boolean } = {}): number {
    return this.parameters().reduce((sum, parameter) => sum + (trainable && !parameter.requiresGrad ? 0 : parameter.size), 0);
  }

  /** Switches dropout and the like on, here and below. */
  train(training = true): this {
    for (const [, module] of this.namedModules()) module.training = training;
    return this;
  }

  /** Switches dropout and the like off, here and below. */
  eval(): this {
    return this.train(false);
  }

  /** Stops training the parameters whose path matches (default: all). @throws ConfigError when none does. */
  freeze(pattern = /(?:)/): this {
    return this.#require(pattern, false);
  }

  /** Trains the parameters whose path matches (default: all) again. @throws ConfigError when none does. */
  unfreeze(pattern = /(?:)/): this {
    return this.#require(pattern, true);
  }

  /** Forgets all gradients. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }

  /** A copy of the contents of all parameters and buffers, by path. */
  async stateDict(): Promise<Map<string, StateEntry>> {
    const entries = new Map<string, StateEntry>();
    for (const [path, tensor] of this.namedTensors()) {
      entries.set(path, { dtype: tensor.dtype, shape: tensor.shape, data: await tensor.data() });
    }
    return entries;
  }

  /**
   * Takes contents from a checkpoint. Everything is checked before anything is changed.
   * @throws MissingWeightError when a name is missing (unless `strict` is false). @throws ShapeError when a shape differs.
   */
  loadStateDict(
    state: ReadonlyMap<string, StateEntry>,
    { strict = true, speaker = this.constructor.name }: { readonly strict?: boolean; readonly speaker?: string } = {},
  ): LoadReport {
    const own = [...this.namedTensors()];
    const names = new Set(own.map(([path]) => path));
    const unexpected = [...state.keys()].filter((name) => !names.has(name));
    const missing = own.flatMap(([path]) => (state.has(path) ? [] : [path]));
    if (strict && missing.length > 0) {
      const close = nearest(missing[0]!, unexpected);
      throw new MissingWeightError(
        `${speaker}: no weight for ${missing[0]}${missing.length > 1 ? ` and ${missing.length - 1} more` : ''}. ` +
          `The checkpoint has ${state.size} weights, ${unexpected.length} unused${unexpected.length > 0 ? `: ${close ?? unexpected[0]}, …` : ''}; ` +
          'load with { strict: false } to leave what is missing at its initial value.',
      );
    }
    for (const [path, tensor] of own) {
      const entry = state.get(path);
      if (entry && !sameShape(entry.shape, tensor.shape)) {
        throw new ShapeError(
          `${speaker}: ${path} is ${formatShape(entry.shape)} in the checkpoint; the model needs ${formatShape(tensor.shape)}. Does the config belong to this checkpoint?`,
        );
      }
    }
    for (const [path, tensor] of own) {
      const entry = state.get(path);
      if (entry) tensor.load(entry.data);
    }
    return { missing, unexpected };
  }

  /** Moves all parameters and buffers to a device, or to a runtime (`{ runtime, precision }`); what reads them follows. */
  async to(place: Device | Placement): Promise<this> {
    for (const [, tensor] of this.namedTensors()) await tensor.moveTo(place);
    return this;
  }

  /** Frees all parameters, buffers and gradients. */
  dispose(): void {
    for (const [, tensor] of this.namedTensors()) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #require(pattern: RegExp, wanted: boolean): this {
    const matching = [...this.namedParameters()].filter(([path]) => pattern.test(path));
    if (matching.length === 0)
      throw new ConfigError(
        `${this.constructor.name}: no parameter's path matches ${pattern}; the first is ${this.namedParameters().next().value?.[0]}.`,
      );
    for (const [, parameter] of matching) parameter.requiresGrad = wanted;
    return this;
  }

  #guarded(forward: (...args: never[]) => unknown, args: readonly unknown[]): unknown {
    depth++;
    try {
      let given = args as readonly never[];
      for (const { hook } of this.#preHooks) given = hook(this, given) ?? given;
      let output = forward.apply(this, given as never[]);
      for (const { hook } of this.#hooks) output = hook(this, given, output) ?? output;
      return output;
    } catch (error) {
      if (error instanceof QkvError) {
        // The innermost module is noted on the way up; only the outermost knows the whole path.
        const innermost = pathOf.get(error) ?? this;
        pathOf.set(error, innermost);
        const path = depth === 1 ? this.#pathTo(innermost) : null;
        if (path) error.message += `\n  at ${path}`;
      }
      throw error;
    } finally {
      depth--;
    }
  }

  #pathTo(module: Module): string | null {
    for (const [path, candidate] of this.namedModules()) if (candidate === module) return path;
    return null;
  }
}

/** The same function may be registered twice, so each registration is an entry of its own. */
function registered<H>(hooks: Set<{ readonly hook: H }>, hook: H): HookHandle {
  const entry = { hook };
  hooks.add(entry);
  const remove = () => {
    hooks.delete(entry);
  };
  return { remove, [Symbol.dispose]: remove };
}

/** The tensors and modules that a module holds as fields, arrays of them included, by name. */
function* fieldsOf(module: Module): Generator<[string, Tensor | Module]> {
  for (const [name, field] of Object.entries(module)) {
    if (field instanceof Tensor || field instanceof Module) yield [name, field];
    else if (Array.isArray(field)) {
      for (const [i, item] of field.entries())
        if (item instanceof Tensor || item instanceof Module) yield [`${name}.${i}`, item];
    }
  }
}

/** A module from a list of modules, each fed with the one before it. */
export class Sequential extends Module {
  readonly #count: number;
  [index: number]: Module;

  constructor(...modules: Module[]) {
    super();
    this.#count = modules.length;
    for (const [i, module] of modules.entries()) this[i] = module;
  }

  override forward(x: Tensor): Tensor {
    let y = x;
    for (let i = 0; i < this.#count; i++) y = (this[i] as unknown as { forward(x: Tensor): Tensor }).forward(y);
    return y;
  }
}
