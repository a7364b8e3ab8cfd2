import { ConfigError, DisposedError, formatShape, MissingWeightError, ShapeError, type TypedArray } from '../core/index.ts';
import { dueWith, execute, noGrad, type RetiredContent, rootsOf, type Tensor, tensor } from '../tensor/index.ts';

/** Parameters that share hyper-parameters. */
export interface ParamGroup<H> {
  readonly params: readonly Tensor[];
  /** Learning rate; schedulers write it. */
  lr: number;
  /** The learning rate that schedules multiply. */
  readonly initialLr: number;
  readonly hyper: H;
}

/** A group as it is handed in; what it leaves out is the optimizer's. */
export type ParamGroupInput<H> = { readonly params: readonly Tensor[] } & Partial<H>;

/** The numbers of one update that change from step to step, by name: inputs of the graph, so that none of them recompiles it. */
type Scalars = Readonly<Record<string, number>>;

/** What one update is made of: the parameter, its gradient, the state by name, the step's scalars by name. */
export interface UpdateInputs {
  readonly p: Tensor;
  readonly g: Tensor;
  readonly state: Readonly<Record<string, Tensor>>;
  readonly scalars: Readonly<Record<string, Tensor>>;
}

/** What an update gives: the parameter's new content, and the state's under the same names. */
export interface UpdateResult {
  readonly p: Tensor;
  readonly state: Readonly<Record<string, Tensor>>;
}

/** The state of one optimizer as a checkpoint keeps it. */
export interface OptimizerState {
  /** Steps taken. */
  readonly step: number;
  /** State arrays by the parameter's place in the order of the groups and the state's name, `0.exp_avg`. */
  readonly arrays: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: TypedArray }>;
  readonly lrs: readonly number[];
}

/** Options of a step. */
export interface StepOptions {
  /** Tensors to compute in the same run, besides the losses that `backward` was called on. */
  readonly also?: readonly Tensor[];
}

/**
 * The base of optimizers. A step is one run of the runtime: whatever the gradients still need (forward and backward pass),
 * the update, and the losses, which therefore cost nothing to read afterwards.
 * New parameters go to the memory of those before the last step; the state is written in place.
 */
export abstract class Optimizer<H extends { readonly lr: number }> {
  readonly paramGroups: readonly ParamGroup<H>[];
  readonly #state = new Map<Tensor, Record<string, Tensor>>();
  readonly #spare = new Map<Tensor, RetiredContent>();
  readonly #name: string;
  #steps = 0;
  #broken = false;

  /** @throws ConfigError when there is nothing to train, or a parameter comes twice. */
  constructor(name: string, params: readonly Tensor[] | readonly ParamGroupInput<H>[], defaults: H) {
    this.#name = name;
    const inputs =
      params.length > 0 && 'params' in params[0]!
        ? (params as readonly ParamGroupInput<H>[])
        : [{ params: params as readonly Tensor[] } as ParamGroupInput<H>];
    this.paramGroups = inputs.map(({ params: list, ...own }) => {
      const hyper = { ...defaults, ...own } as H;
      if (!(hyper.lr >= 0)) throw new ConfigError(`${name}: lr is ${hyper.lr}; it must be at least 0.`);
      return { params: list, lr: hyper.lr, initialLr: hyper.lr, hyper };
    });
    const all = this.paramGroups.flatMap((group) => group.params);
    if (all.length === 0) throw new ConfigError(`${name}: there are no parameters to train. Did you pass model.parameters()?`);
    if (new Set(all).size !== all.length)
      throw new ConfigError(`${name}: a parameter is listed twice; each may be in one group only.`);
  }

  /** Names of the state arrays of each parameter, each of its shape. */
  protected abstract stateNames(hyper: H): readonly string[];

  /** The numbers of step `step` (from 1). */
  protected abstract scalars(hyper: H, lr: number, step: number): Scalars;

  /** The update, in tensor operations. */
  protected abstract update(inputs: UpdateInputs, hyper: H): UpdateResult;

  /** Steps taken so far. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Updates every parameter that has a gradient.
   * @throws ConfigError when none has one. @throws DisposedError after a step that failed half way, until `loadStateDict`.
   */
  async step({ also = [] }: StepOptions = {}): Promise<void> {
    if (this.#broken)
      throw new DisposedError(
        `${this.#name}.step: an earlier step failed while it wrote the optimizer's state, which is lost. Load a checkpoint with loadStateDict.`,
      );
    const updates = this.#updates();
    if (updates.length === 0)
      throw new ConfigError(`${this.#name}.step: no parameter has a gradient. Call loss.backward() first.`);
    const roots = new Set(also);
    for (const { parameter } of updates) for (const root of rootsOf(parameter.grad!)) roots.add(root);
    const losses = [...roots].filter((root) => !root.isComputed);
    const graphsOfStep = [...losses, ...updates.map(({ parameter }) => parameter.grad!)].map(({ value }) => value);
    const asked = [...new Set([...losses, ...dueWith(graphsOfStep)])];
    const graphs = asked.map(({ value }) => value);
    const wants = updates.flatMap(({ parameter, result, state }) => {
      const spare = this.#spare.get(parameter);
      spare?.overwrite(`${this.#name}.step()`);
      return [
        { value: result.p.value, into: spare?.buffer },
        ...Object.entries(state).map(([name, held]) => ({ value: result.state[name]!.value, over: held.value })),
      ];
    });
    let buffers: Awaited<ReturnType<typeof execute>>;
    try {
      buffers = await execute([...graphs.map((value) => ({ value })), ...wants]);
    } catch (error) {
      this.#broken = this.#steps > 0;
      throw error;
    }
    asked.forEach((root, i) => {
      root.settle(buffers[i]!, graphs[i]!);
    });
    let next = asked.length;
    for (const { parameter, state } of updates) {
      this.#keepSpare(parameter, parameter.assign(buffers[next++]!));
      for (const held of Object.values(state)) {
        const buffer = buffers[next++]!;
        const before = held.assign(buffer);
        if (before && before.buffer !== buffer) before.buffer.dispose();
      }
    }
    this.#steps++;
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const group of this.paramGroups) for (const parameter of group.params) parameter.grad = null;
  }

  /** Copies of the state, to be saved. */
  async stateDict(): Promise<OptimizerState> {
    const arrays = new Map<string, { shape: readonly number[]; data: TypedArray }>();
    for (const [place, parameter] of this.#places()) {
      for (const [name, held] of Object.entries(this.#state.get(parameter) ?? {})) {
        arrays.set(`${place}.${name}`, { shape: held.shape, data: await held.data() });
      }
    }
    return { step: this.#steps, arrays, lrs: this.paramGroups.map(({ lr }) => lr) };
  }

  /**
   * Goes on from a saved state.
   * @throws MissingWeightError when a parameter's state is missing. @throws ShapeError when one has another size.
   */
  loadStateDict({ step, arrays, lrs }: OptimizerState): void {
    if (lrs.length !== this.paramGroups.length)
      throw new ConfigError(
        `${this.#name}: the state has ${lrs.length} parameter groups; this optimizer has ${this.paramGroups.length}.`,
      );
    const loaded = new Map<Tensor, Record<string, Tensor>>();
    const places = new Set(Array.from(arrays.keys(), (name) => name.slice(0, name.indexOf('.'))));
    for (const [place, parameter, hyper] of this.#places()) {
      // A parameter that never had a gradient, such as a frozen one, has no state yet; but if none has any, something is wrong.
      if (arrays.size > 0 && !places.has(`${place}`)) continue;
      const entries = this.stateNames(hyper).map((name): [string, Tensor] => {
        const saved = arrays.get(`${place}.${name}`);
        if (!saved)
          throw new MissingWeightError(
            `${this.#name}: the state has no ${name} for parameter ${place}. Was it saved by another optimizer?`,
          );
        if (saved.data.length !== parameter.size) {
          throw new ShapeError(
            `${this.#name}: ${name} of parameter ${place} is ${formatShape(saved.shape)}; the parameter is ${formatShape(parameter.shape)}.`,
          );
        }
        return [name, stateTensor(saved.data, parameter)];
      });
      loaded.set(parameter, Object.fromEntries(entries));
    }
    this.#disposeState();
    for (const [parameter, state] of loaded) this.#state.set(parameter, state);
    lrs.forEach((lr, i) => {
      this.paramGroups[i]!.lr = lr;
    });
    this.#steps = step;
    this.#broken = false;
  }

  /** Frees the state and the spare memory; the parameters stay. */
  dispose(): void {
    this.#disposeState();
    for (const spare of this.#spare.values()) spare.buffer.dispose();
    this.#spare.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #updates() {
    const step = this.#steps + 1;
    return this.paramGroups.flatMap((group) => {
      const numbers = Object.entries(this.scalars(group.hyper, group.lr, step));
      const scalars = Object.fromEntries(numbers.map(([name, number]) => [name, tensor(number)]));
      return group.params.flatMap((parameter) => {
        if (!parameter.grad || !parameter.requiresGrad) return [];
        const state = this.#stateOf(parameter, group.hyper);
        const inputs = { p: parameter, g: parameter.grad, state, scalars };
        return [{ parameter, state, result: noGrad(() => this.update(inputs, group.hyper)) }];
      });
    });
  }

  #stateOf(parameter: Tensor, hyper: H): Record<string, Tensor> {
    let state = this.#state.get(parameter);
    if (!state) {
      state = Object.fromEntries(
        this.stateNames(hyper).map((name) => [name, stateTensor(new Float32Array(parameter.size), parameter)]),
      );
      this.#state.set(parameter, state);
    }
    return state;
  }

  #keepSpare(parameter: Tensor, before: RetiredContent | null): void {
    if (before) this.#spare.set(parameter, before);
    else this.#spare.delete(parameter);
  }

  *#places(): Generator<[place: number, parameter: Tensor, hyper: H]> {
    let place = 0;
    for (const group of this.paramGroups) for (const parameter of group.params) yield [place++, parameter, group.hyper];
  }

  #disposeState(): void {
    for (const state of this.#state.values()) for (const held of Object.values(state)) held.dispose();
    this.#state.clear();
  }
}

function stateTensor(data: TypedArray, parameter: Tensor): Tensor {
  const { device } = parameter;
  return tensor(data, { shape: parameter.shape, ...(device && { device }) });
}
