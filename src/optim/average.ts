import {
  ConfigError,
  checkOptionNames,
  formatShape,
  MissingWeightError,
  newArray,
  ShapeError,
  sameShape,
  type TypedArray,
} from '../core/index.ts';
import { noGrad, type Tensor, tensor } from '../tensor/index.ts';
import type { Follower, SavedArray } from './optimizer.ts';
import { negativeIn } from './update.ts';

/** How weights are averaged. Names are those of timm's ModelEmaV3. */
export interface AverageOptions {
  /** How much of the average each step keeps. Default 0.999. */
  readonly decay?: number;
  /** Lets the decay rise: 1 − (1 + step / warmup_gamma)^−warmup_power, up to `decay`. Default false. */
  readonly use_warmup?: boolean;
  /** How slowly it rises. Default 1. */
  readonly warmup_gamma?: number;
  /** By which power: 2/3, the default, for a million steps or more, 3/4 for fewer. */
  readonly warmup_power?: number;
  /** Where it begins with use_warmup. Default 0. */
  readonly min_decay?: number;
  /** Steps before averaging starts; until then the average is the weights themselves. Default 0. */
  readonly update_after_step?: number;
}

const defaults: Required<AverageOptions> = {
  decay: 0.999,
  use_warmup: false,
  warmup_gamma: 1,
  warmup_power: 2 / 3,
  min_decay: 0,
  update_after_step: 0,
};

/** What is averaged: the parameters of an optimizer. */
export interface Averaged {
  readonly paramGroups: readonly { readonly params: readonly Tensor[] }[];
  attach(follower: Follower): () => void;
}

/** The state of an average, to be saved. */
export interface AverageState {
  /** Steps that were followed. */
  readonly step: number;
  /** Whether the averages are in the model, and the arrays are the weights that training goes on with. */
  readonly isSwapped: boolean;
  /** The arrays by the parameter's place in the order of the optimizer's groups. */
  readonly arrays: ReadonlyMap<string, SavedArray>;
}

/**
 * An exponential moving average of all that an optimizer trains. It is written in the optimizer's own run at each step:
 *
 *   average ← decay · average + (1 − decay) · p, with p as the step leaves it; at the first step the average is p
 *
 * What no optimizer trains, such as buffers and frozen layers, has no average: it is the model's own. Like
 * torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn, and timm's ModelEmaV3, but without a second model: `swap`
 * puts the averages into the model's parameters, and the weights where the averages were.
 * Source: Polyak and Juditsky, 1992, SIAM J. Control Optim. 30(4); the warm-up is timm's.
 * @example
 * import { AdamW, ExponentialMovingAverage, Linear, randn } from 'qkv';
 * const model = new Linear(4, 1);
 * const optimizer = new AdamW(model.parameters());
 * const average = new ExponentialMovingAverage(optimizer, { decay: 0.99 });
 * model.forward(randn([8, 4])).square().mean().backward();
 * await optimizer.step();
 * const loss = await average.applied(() => model.forward(randn([8, 4])).square().mean().item());
 */
export class ExponentialMovingAverage {
  readonly #optimizer: Averaged;
  readonly #options: Required<AverageOptions>;
  readonly #averages = new Map<Tensor, Tensor>();
  readonly #detach: () => void;
  #step = 0;
  #swapped = false;

  /** @throws ConfigError for an option that there is not, or out of range. */
  constructor(optimizer: Averaged, options: AverageOptions = {}) {
    checkOptionNames('ExponentialMovingAverage', options, Object.keys(defaults));
    this.#optimizer = optimizer;
    this.#options = { ...defaults, ...options };
    const problem = problemIn(this.#options);
    if (problem !== undefined) throw new ConfigError(`ExponentialMovingAverage: ${problem}.`);
    this.#detach = optimizer.attach({
      follow: (after) => this.#follow(after),
      followed: () => {
        this.#step++;
      },
    });
  }

  /** Whether the parameters hold the averages. */
  get isSwapped(): boolean {
    return this.#swapped;
  }

  /**
   * Puts the averages into the parameters, and back at the next call; nothing is copied. The optimizer cannot step in between.
   * Before the first step the averages are the parameters.
   */
  swap(): void {
    for (const [parameter, average] of this.#averages) parameter.exchange(average);
    this.#swapped = !this.#swapped;
  }

  /** Does some work with the averages in the parameters. */
  async applied<T>(work: () => T | Promise<T>): Promise<T> {
    const wasSwapped = this.#swapped;
    if (!wasSwapped) this.swap();
    try {
      return await work();
    } finally {
      if (!wasSwapped) this.swap();
    }
  }

  /** Copies of the averages, to be saved with the model; while they are swapped, of the weights, as the averages are in the model. */
  async stateDict(): Promise<AverageState> {
    const arrays = new Map<string, SavedArray>();
    for (const [place, parameter] of this.#parameters().entries()) {
      const held = this.#averages.get(parameter);
      if (!held) continue;
      const dtype = held.dtype as SavedArray['dtype'];
      arrays.set(`${place}`, { dtype, shape: held.shape, data: await held.data() });
    }
    return { step: this.#step, isSwapped: this.#swapped, arrays };
  }

  /**
   * Goes on from a saved state, once the model has what it held then. @throws MissingWeightError when a parameter has no average in it.
   * @throws ShapeError when one has another shape.
   */
  loadStateDict({ step, isSwapped, arrays }: AverageState): void {
    const parameters = step === 0 ? [] : this.#parameters();
    const loaded = parameters.map((parameter, place) => this.#loaded(parameter, place, arrays));
    this.#disposeAverages();
    for (const [parameter, average] of loaded) this.#averages.set(parameter, average);
    this.#step = step;
    this.#swapped = isSwapped;
  }

  /** Stops averaging and frees the averages; while they are swapped, the weights. */
  dispose(): void {
    this.#detach();
    this.#disposeAverages();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What each parameter's average keeps of itself at a step, counted from 1. */
  #decayAt(step: number): number {
    const { decay, use_warmup, warmup_gamma, warmup_power, min_decay, update_after_step } = this.#options;
    const since = step - update_after_step - 1;
    if (since <= 0) return 0;
    if (!use_warmup) return decay;
    return Math.max(min_decay, Math.min(decay, 1 - (1 + since / warmup_gamma) ** -warmup_power));
  }

  #follow(after: (parameter: Tensor) => Tensor) {
    if (this.#swapped)
      throw new ConfigError('ExponentialMovingAverage: the parameters hold the averages; call swap() before the next step.');
    const decay = this.#decayAt(this.#step + 1);
    // The leaves of the two shares: one pair for all averages, and one for those that are new.
    const shares = new Map<string, readonly [kept: Tensor, taken: Tensor]>();
    return noGrad(() =>
      this.#parameters().map((parameter) => {
        const { dtype } = parameter;
        const known = this.#averages.get(parameter);
        const held = known ?? averageTensor(newArray(dtype, parameter.size), parameter);
        this.#averages.set(parameter, held);
        const key = `${known ? 'known' : 'new'} ${dtype}`;
        // One that joins later begins at what it is then.
        const share = known ? decay : 0;
        const [kept, taken] = shares.get(key) ?? [tensor(share, { dtype }), tensor(1 - share, { dtype })];
        shares.set(key, [kept, taken]);
        return { held, next: held.mul(kept).add(after(parameter).mul(taken)) };
      }),
    );
  }

  #loaded(parameter: Tensor, place: number, arrays: AverageState['arrays']): readonly [Tensor, Tensor] {
    const saved = arrays.get(`${place}`);
    if (!saved) throw new MissingWeightError(`ExponentialMovingAverage: the state has no average for parameter ${place}.`);
    if (!sameShape(saved.shape, parameter.shape))
      throw new ShapeError(
        `ExponentialMovingAverage: the average of parameter ${place} is ${formatShape(saved.shape)} in the state; the parameter is ${formatShape(parameter.shape)}.`,
      );
    return [parameter, averageTensor(saved.data, parameter)];
  }

  #parameters(): Tensor[] {
    return this.#optimizer.paramGroups.flatMap(({ params }) => params);
  }

  #disposeAverages(): void {
    for (const average of this.#averages.values()) average.dispose();
    this.#averages.clear();
  }
}

function problemIn(options: Required<AverageOptions>): string | undefined {
  const { decay, min_decay, warmup_gamma, update_after_step } = options;
  if (!(decay >= 0 && decay <= 1)) return `decay is ${decay}; it must be from 0 to 1`;
  if (!(min_decay >= 0 && min_decay <= decay)) return `min_decay is ${min_decay}; it must be from 0 to decay, ${decay}`;
  if (!(warmup_gamma > 0)) return `warmup_gamma is ${warmup_gamma}; it must be positive`;
  if (!Number.isInteger(update_after_step)) return `update_after_step is ${update_after_step}; it must be a whole number`;
  return negativeIn(options, 'warmup_power', 'update_after_step');
}

function averageTensor(data: TypedArray, { shape, dtype, device }: Tensor): Tensor {
  return tensor(data, { shape, dtype, ...(device && { device }) });
}
