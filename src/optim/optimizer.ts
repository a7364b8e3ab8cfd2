import {
  ConfigError,
  checkOptionNames,
  DisposedError,
  DTypeError,
  formatShape,
  MissingWeightError,
  newArray,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
  type TypedArray,
} from '../core/index.ts';
import { dueWith, execute, noGrad, type RetiredContent, rootsOf, type Tensor, tensor } from '../tensor/index.ts';
import type { Scalars, StateArray, UpdateInputs, UpdateResult } from './update.ts';

/** What every optimizer's hyper-parameters have: a learning rate, or null where the optimizer makes its own. */
export interface HyperParameters {
  readonly lr: number | null;
}

/** Parameters that share hyper-parameters, by PyTorch's names. What is written here counts from the next step on. */
export type ParamGroup<H extends HyperParameters> = { -readonly [Name in keyof H]: H[Name] } & {
  readonly params: readonly Tensor[];
  /** The learning rate that schedules multiply. */
  initial_lr: H['lr'];
};

/** A group as it is handed in; what it leaves out is the optimizer's. */
export type ParamGroupInput<Options> = { readonly params: readonly Tensor[] } & Options;

/** What an optimizer trains: parameters, or groups of them with options of their own. */
export type TrainedParameters<Options> = readonly Tensor[] | readonly ParamGroupInput<Options>[];

/** An array of a saved state. */
export interface SavedArray {
  readonly dtype: 'float32' | 'float64' | 'int64';
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** The state of one optimizer as a checkpoint keeps it. Like PyTorch's, with the arrays of all parameters in one map. */
export interface OptimizerState {
  /** The optimizer's name. */
  readonly optimizer: string;
  /** By the parameter's place in the order of the groups: its number of steps under `0.step`, its arrays under `0.exp_avg`. */
  readonly arrays: ReadonlyMap<string, SavedArray>;
  /** The hyper-parameters of each group by name, and the places of its parameters. All of it goes into JSON. */
  readonly param_groups: readonly ({ readonly params: readonly number[] } & Readonly<Record<string, unknown>>)[];
}

/** Options of a step. */
export interface StepOptions {
  /** Tensors to compute in the same run, besides the losses that `backward` was called on. */
  readonly also?: readonly Tensor[];
}

/** What is written in the optimizer's run besides its own state, such as averages of the parameters. */
export interface Follower {
  /** The tensors to be written over and what they become; `after` gives what a parameter is after this step. */
  follow(after: (parameter: Tensor) => Tensor): readonly { readonly held: Tensor; readonly next: Tensor }[];
  /** Called once they are written. */
  followed(): void;
}

/** The state of one parameter. Steps are counted for each: one that gets its first gradient late starts at 1 then. */
interface ParameterState {
  step: number;
  readonly arrays: Record<string, Tensor>;
}

/**
 * The base of optimizers. A step is one run of the runtime: whatever the gradients still need (forward and backward pass),
 * the update, and the losses, which therefore cost nothing to read afterwards.
 * New parameters go to the memory of those before the last step; the state is written in place.
 */
export abstract class Optimizer<H extends HyperParameters> {
  /** The hyper-parameters of groups that do not say otherwise. */
  readonly defaults: H;
  readonly #name: string;
  readonly #paramGroups: ParamGroup<H>[] = [];
  readonly #state = new Map<Tensor, ParameterState>();
  readonly #spare = new Map<Tensor, RetiredContent>();
  readonly #followers = new Set<Follower>();
  #broken = false;

  /**
   * @throws ConfigError when there is nothing to train, a parameter comes twice, or an option is unknown or out of range.
   * @throws DTypeError for parameters of 16 bits.
   */
  constructor(name: string, params: TrainedParameters<Partial<H>>, options: Partial<H>, defaults: H) {
    this.#name = name;
    this.defaults = this.#completed(options, defaults);
    const groups =
      params.length > 0 && 'params' in params[0]!
        ? (params as readonly ParamGroupInput<Partial<H>>[])
        : [{ params: params as readonly Tensor[] } as ParamGroupInput<Partial<H>>];
    for (const group of groups) this.addParamGroup(group);
    if (this.#parameters().length === 0)
      throw new ConfigError(`${name}: there are no parameters to train. Did you pass model.parameters()?`);
  }

  /** What is wrong with hyper-parameters whose learning rate is right, in words that follow the optimizer's name; undefined where nothing is. */
  protected abstract problemIn(hyper: H): string | undefined;

  /** The state arrays of a parameter of this shape. */
  protected abstract stateOf(shape: Shape, hyper: H): Readonly<Record<string, StateArray>>;

  /** The numbers of a parameter's update number `step` (from 1). */
  protected abstract scalars(hyper: H, step: number): Scalars;

  /** The update, in tensor operations. */
  protected abstract update(inputs: UpdateInputs, hyper: H): UpdateResult;

  /** The groups. Schedules write their learning rates. */
  get paramGroups(): readonly ParamGroup<H>[] {
    return this.#paramGroups;
  }

  /**
   * One more group, such as layers that are thawed later.
   * @throws ConfigError for a parameter that is in a group already, and an option that is unknown or out of range.
   */
  addParamGroup({ params, ...own }: ParamGroupInput<Partial<H>>): void {
    const hyper = this.#completed(own as unknown as Partial<H>, this.defaults);
    const known = new Set(this.#parameters());
    for (const parameter of params) {
      if (known.has(parameter))
        throw new ConfigError(`${this.#name}: a parameter is listed twice; each may be in one group only.`);
      known.add(parameter);
      if (parameter.dtype !== 'float32' && parameter.dtype !== 'float64')
        throw new DTypeError(
          `${this.#name}: a parameter is ${parameter.dtype}; updates are too small for that. Train in float32 or float64.`,
        );
    }
    this.#paramGroups.push({ ...hyper, params: [...params], initial_lr: hyper.lr } as ParamGroup<H>);
  }

  /** Writes what a follower wants in each step's run, until the function that this gives is called. */
  attach(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
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
    const updated = new Map(updates.map(({ parameter, result }) => [parameter, result.p]));
    const followers = [...this.#followers];
    const followed = followers.flatMap((follower) => follower.follow((parameter) => updated.get(parameter) ?? parameter));
    const roots = new Set(also);
    for (const { parameter } of updates) for (const root of rootsOf(parameter.grad!)) roots.add(root);
    const losses = [...roots].filter((root) => !root.isComputed);
    const graphsOfStep = [...losses, ...updates.map(({ parameter }) => parameter.grad!)].map(({ value }) => value);
    const asked = [...new Set([...losses, ...dueWith(graphsOfStep)])];
    const graphs = asked.map(({ value }) => value);
    const written = [
      ...updates.flatMap(({ state, result }) =>
        Object.keys(result.state).map((name) => ({ held: state.arrays[name]!, next: result.state[name]! })),
      ),
      ...followed,
    ];
    const wants = [
      ...graphs.map((value) => ({ value })),
      ...updates.map(({ parameter, result }) => {
        const spare = this.#spare.get(parameter);
        spare?.overwrite(`${this.#name}.step()`);
        return { value: result.p.value, into: spare?.buffer };
      }),
      ...written.map(({ held, next }) => ({ value: next.value, over: held.value })),
    ];
    let buffers: Awaited<ReturnType<typeof execute>>;
    try {
      buffers = await execute(wants);
    } catch (error) {
      this.#afterFailure(updates, followed.length > 0);
      throw error;
    }
    let next = asked.length;
    for (const [i, root] of asked.entries()) root.settle(buffers[i]!, graphs[i]!);
    for (const { parameter } of updates) this.#keepSpare(parameter, parameter.assign(buffers[next++]!));
    for (const { held } of written) {
      const buffer = buffers[next++]!;
      const before = held.assign(buffer);
      if (before && before.buffer !== buffer) before.buffer.dispose();
    }
    for (const { state } of updates) state.step++;
    for (const follower of followers) follower.followed();
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.#parameters()) parameter.grad = null;
  }

  /** Copies of the state, to be saved. */
  async stateDict(): Promise<OptimizerState> {
    const arrays = new Map<string, SavedArray>();
    for (const [place, parameter] of this.#parameters().entries()) {
      const state = this.#state.get(parameter);
      if (!state) continue;
      arrays.set(`${place}.step`, { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(state.step)) });
      for (const [name, held] of Object.entries(state.arrays)) {
        arrays.set(`${place}.${name}`, {
          dtype: held.dtype as SavedArray['dtype'],
          shape: held.shape,
          data: await held.data(),
        });
      }
    }
    let place = 0;
    const param_groups = this.#paramGroups.map(({ params, ...hyper }) => ({ ...hyper, params: params.map(() => place++) }));
    return { optimizer: this.#name, arrays, param_groups };
  }

  /**
   * Goes on from a saved state, its hyper-parameters included. Everything is checked before anything is changed.
   * @throws ConfigError when another optimizer saved it, or one with other groups. @throws MissingWeightError when a
   * parameter's state is not whole. @throws ShapeError when one has another shape.
   */
  loadStateDict({ optimizer, arrays, param_groups }: OptimizerState): void {
    if (optimizer !== this.#name)
      throw new ConfigError(`${this.#name}: the state was saved by ${optimizer}, and no other optimizer can go on with it.`);
    const sizes = (groups: readonly { readonly params: readonly unknown[] }[]) => groups.map(({ params }) => params.length);
    const [saved, own] = [sizes(param_groups), sizes(this.#paramGroups)];
    if (saved.join() !== own.join())
      throw new ConfigError(
        `${this.#name}: the state has groups of ${saved.join(' and ')} parameters; this optimizer has ${own.join(' and ')}. The same parameters must be trained, in the same groups.`,
      );
    const hypers = param_groups.map(({ params: _, initial_lr, ...hyper }) => ({
      ...this.#completed(hyper as unknown as Partial<H>, this.defaults),
      initial_lr: initial_lr as H['lr'],
    }));
    let place = 0;
    const loaded = this.#paramGroups.flatMap(({ params }, i) =>
      params.map((parameter) => [parameter, this.#loaded(arrays, place++, parameter, hypers[i]!)] as const),
    );
    this.#disposeState();
    for (const [parameter, state] of loaded) if (state) this.#state.set(parameter, state);
    for (const [i, group] of this.#paramGroups.entries()) Object.assign(group, hypers[i]);
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

  /** Options with what they leave out filled in. */
  #completed(options: Partial<H>, defaults: H): H {
    checkOptionNames(this.#name, options, Object.keys(defaults));
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const hyper = { ...defaults, ...Object.fromEntries(given) } as H;
    const isRate = hyper.lr === null ? defaults.lr === null : hyper.lr >= 0;
    const problem = isRate ? this.problemIn(hyper) : `lr is ${hyper.lr}; it must be at least 0`;
    if (problem !== undefined) throw new ConfigError(`${this.#name}: ${problem}.`);
    return hyper;
  }

  #updates() {
    return this.#paramGroups.flatMap((group) => {
      // Parameters at the same step share the leaves of its numbers: fewer to hand over, and as a rule there is one such step.
      const shared = new Map<string, Readonly<Record<string, Tensor>>>();
      return group.params.flatMap((parameter) => {
        const { grad: g, dtype } = parameter;
        if (!g || !parameter.requiresGrad) return [];
        const state = this.#stateOf(parameter, group);
        const key = `${state.step} ${dtype}`;
        let scalars = shared.get(key);
        if (!scalars) {
          const numbers = Object.entries(this.scalars(group, state.step + 1));
          scalars = Object.fromEntries(numbers.map(([name, number]) => [name, tensor(number, { dtype })]));
          shared.set(key, scalars);
        }
        const inputs = { p: parameter, g, state: state.arrays, scalars };
        return [{ parameter, state, result: noGrad(() => this.update(inputs, group)) }];
      });
    });
  }

  /** A parameter's state, made now where there is none, or where an option that was changed asks for more. */
  #stateOf(parameter: Tensor, hyper: H): ParameterState {
    let state = this.#state.get(parameter);
    if (!state) {
      state = { step: 0, arrays: {} };
      this.#state.set(parameter, state);
    }
    for (const [name, { shape, fill = 0 }] of Object.entries(this.stateOf(parameter.shape, hyper))) {
      if (state.arrays[name]) continue;
      const content = newArray(parameter.dtype as 'float32' | 'float64', sizeOf(shape));
      if (fill !== 0) content.fill(fill);
      state.arrays[name] = stateTensor(content, shape, parameter);
    }
    return state;
  }

  /** A parameter's state from a saved one; null where it had none, as a frozen parameter. */
  #loaded(arrays: OptimizerState['arrays'], place: number, parameter: Tensor, hyper: H): ParameterState | null {
    const step = arrays.get(`${place}.step`);
    if (!step) return null;
    const entries = Object.entries(this.stateOf(parameter.shape, hyper)).map(([name, { shape }]): [string, Tensor] => {
      const saved = arrays.get(`${place}.${name}`);
      if (!saved) throw new MissingWeightError(`${this.#name}: the state has no ${name} for parameter ${place}.`);
      if (!sameShape(saved.shape, shape))
        throw new ShapeError(
          `${this.#name}: ${name} of parameter ${place} is ${formatShape(saved.shape)} in the state; the parameter is ${formatShape(parameter.shape)}, which needs ${formatShape(shape)}.`,
        );
      return [name, stateTensor(saved.data, shape, parameter)];
    });
    return { step: Number(step.data[0]), arrays: Object.fromEntries(entries) };
  }

  /** What a failed run may have written is lost: state that was at its start is made anew, any other has to be loaded. */
  #afterFailure(
    updates: readonly { readonly parameter: Tensor; readonly state: ParameterState }[],
    hasFollowers: boolean,
  ): void {
    this.#broken = hasFollowers;
    for (const { parameter, state } of updates) {
      if (state.step > 0) this.#broken = true;
      else {
        disposeArrays(state);
        this.#state.delete(parameter);
      }
    }
  }

  #keepSpare(parameter: Tensor, before: RetiredContent | null): void {
    if (before) this.#spare.set(parameter, before);
    else this.#spare.delete(parameter);
  }

  /** All parameters, in the order of the groups. */
  #parameters(): Tensor[] {
    return this.#paramGroups.flatMap(({ params }) => params);
  }

  #disposeState(): void {
    for (const state of this.#state.values()) disposeArrays(state);
    this.#state.clear();
  }
}

function disposeArrays({ arrays }: ParameterState): void {
  for (const held of Object.values(arrays)) held.dispose();
}

function stateTensor(data: TypedArray, shape: Shape, { device }: Tensor): Tensor {
  return tensor(data, { shape, ...(device && { device }) });
}
