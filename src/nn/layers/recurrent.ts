import { ConfigError, formatShape, ShapeError } from '../../core/index.ts';
import { concat, dropout, indexList, stack, type Tensor, zeros } from '../../tensor/index.ts';
import {
  gruCell,
  lstmCell,
  type RecurrentCell,
  type RecurrentWeights,
  recurrence,
  recurrentStep,
  rnnCells,
} from '../functional/index.ts';
import { uniform } from '../init.ts';
import { Module, Parameter } from '../module.ts';
import { PackedSequence } from '../packed-sequence.ts';
import { pickRows, placeRows } from '../packed-tokens.ts';

/** Options of the recurrent layers. */
export interface RecurrentOptions {
  /** How many layers stand one on the other. Default 1. */
  readonly num_layers?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Whether input and output are `[B, T, C]` and not `[T, B, C]`. Says nothing of the states. Default false. */
  readonly batch_first?: boolean;
  /** Probability of dropout on the output of every layer but the last, while training. Default 0. */
  readonly dropout?: number;
  /** Whether a second cell goes over the input from its end; the two outputs stand one after the other. Default false. */
  readonly bidirectional?: boolean;
}

/** Options of `RNN`. */
export interface RNNOptions extends RecurrentOptions {
  /** Default tanh. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

/** Options of `LSTM`. */
export interface LSTMOptions extends RecurrentOptions {
  /** The length to which each output is mapped, less than `hidden_size`; 0 for no such map. Default 0. */
  readonly proj_size?: number;
}

interface Sizes {
  readonly input_size: number;
  readonly hidden_size: number;
  readonly proj_size?: number;
}

function requireSizes(speaker: string, { input_size, hidden_size, proj_size = 0 }: Sizes): void {
  for (const [name, size] of Object.entries({ input_size, hidden_size })) {
    if (!(Number.isInteger(size) && size >= 1))
      throw new ConfigError(`${speaker}: ${name} is ${size}; it must be a whole number from 1.`);
  }
  if (!(Number.isInteger(proj_size) && proj_size >= 0 && proj_size < hidden_size))
    throw new ConfigError(`${speaker}: proj_size is ${proj_size}; it must be from 0 to ${hidden_size - 1}.`);
}

/** Initial weights of one cell: all spread evenly over ±1/√hidden_size, as in PyTorch. */
function weightsOf(cell: RecurrentCell, { input_size, hidden_size, proj_size = 0 }: Sizes, bias: boolean) {
  const bound = 1 / Math.sqrt(hidden_size);
  const parameter = (...shape: number[]) => new Parameter(uniform(shape, { low: -bound, high: bound }));
  const rows = cell.gates * hidden_size;
  return {
    weight_ih: parameter(rows, input_size),
    weight_hh: parameter(rows, proj_size || hidden_size),
    bias_ih: bias ? parameter(rows) : null,
    bias_hh: bias ? parameter(rows) : null,
    weight_hr: proj_size > 0 ? parameter(proj_size, hidden_size) : null,
  } satisfies RecurrentWeights;
}

/** How the steps of an input lie, and how they are brought before a cell. */
interface Layout {
  readonly batch: number;
  /** `[..., C]` as the input lies → `[T, B, C]`, its steps in the order in which a cell takes them. */
  spread(x: Tensor, reverse: boolean): Tensor;
  /** The opposite of `spread`. */
  gather(steps: Tensor, reverse: boolean): Tensor;
  /** Whether a cell has to be told to go from the end. */
  readonly isTold: boolean;
  /** The state of each sequence after its last step: of all steps `[T, B, ...]`, or, where all are of one length, the last. */
  last(steps: Tensor, state: Tensor): Tensor;
}

/** Sequences of one length, `[T, B, C]`. */
const evenLayout = (batch: number): Layout => ({
  batch,
  spread: (x) => x,
  gather: (steps) => steps,
  isTold: true,
  last: (_steps, state) => state,
});

/**
 * Packed sequences. They are spread to the left, those that are read from the end turned around, so that in both
 * directions every sequence begins with the first step; what follows its end is not looked at.
 */
function packedLayout(packed: PackedSequence): Layout {
  const batch = packed.batch_sizes[0]!;
  const time = packed.batch_sizes.length;
  const { lengths } = packed;
  const list = (reverse: boolean) =>
    indexList(packed.places((step, place) => (reverse ? lengths[place]! - 1 - step : step) * batch + place));
  const places = [list(false), list(true)] as const;
  const ends = indexList(lengths.map((length, place) => (length - 1) * batch + place));
  const flat = (steps: Tensor) => steps.reshape(time * batch, ...steps.shape.slice(2));
  return {
    batch,
    spread: (x, reverse) => placeRows(x, places[reverse ? 1 : 0], time * batch).reshape(time, batch, ...x.shape.slice(1)),
    gather: (steps, reverse) => pickRows(flat(steps), places[reverse ? 1 : 0]),
    isTold: false,
    last: (steps) => pickRows(flat(steps), ends),
  };
}

/** What the recurrent layers have in common: parameters by PyTorch's names, layers one on the other, two directions. */
export abstract class RecurrentLayer extends Module {
  readonly input_size: number;
  readonly hidden_size: number;
  readonly num_layers: number;
  readonly bias: boolean;
  readonly batch_first: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly proj_size: number;
  readonly #cell: RecurrentCell;
  /** weight_ih_l0, weight_hh_l0, weight_hr_l0, and so on; of the direction from the end weight_ih_l0_reverse. */
  [weight: `weight_${string}`]: Parameter;
  /** bias_ih_l0, bias_hh_l0, and so on. */
  [bias: `bias_${string}`]: Parameter;

  protected constructor(
    cell: RecurrentCell,
    input_size: number,
    hidden_size: number,
    {
      num_layers = 1,
      bias = true,
      batch_first = false,
      dropout: rate = 0,
      bidirectional = false,
      proj_size = 0,
    }: RecurrentOptions & LSTMOptions,
  ) {
    super();
    const speaker = this.constructor.name;
    requireSizes(speaker, { input_size, hidden_size, proj_size });
    if (!(Number.isInteger(num_layers) && num_layers >= 1))
      throw new ConfigError(`${speaker}: num_layers is ${num_layers}; it must be a whole number from 1.`);
    if (!(rate >= 0 && rate <= 1)) throw new ConfigError(`${speaker}: dropout is ${rate}; it must be from 0 to 1.`);
    this.#cell = cell;
    this.input_size = input_size;
    this.hidden_size = hidden_size;
    this.num_layers = num_layers;
    this.bias = bias;
    this.batch_first = batch_first;
    this.dropout = rate;
    this.bidirectional = bidirectional;
    this.proj_size = proj_size;
    const width = this.#directions.length * this.#outputSize;
    for (let layer = 0; layer < num_layers; layer++) {
      for (const reverse of this.#directions) {
        const sizes = { input_size: layer === 0 ? input_size : width, hidden_size, proj_size };
        for (const [name, parameter] of Object.entries(weightsOf(cell, sizes, bias)))
          if (parameter) Object.assign(this, { [`${name}_${suffix(layer, reverse)}`]: parameter });
      }
    }
  }

  get #directions(): readonly boolean[] {
    return this.bidirectional ? [false, true] : [false];
  }

  get #outputSize(): number {
    return this.proj_size || this.hidden_size;
  }

  #weights(layer: number, reverse: boolean): RecurrentWeights {
    const end = suffix(layer, reverse);
    return {
      weight_ih: this[`weight_ih_${end}`]!,
      weight_hh: this[`weight_hh_${end}`]!,
      bias_ih: this[`bias_ih_${end}`] ?? null,
      bias_hh: this[`bias_hh_${end}`] ?? null,
      weight_hr: this[`weight_hr_${end}`] ?? null,
    };
  }

  /** The output, and each state after the last step. `initial` are the states before the first, or null for zeros. */
  protected run(
    input: Tensor | PackedSequence,
    initial: readonly Tensor[] | null,
  ): { output: Tensor | PackedSequence; states: Tensor[] } {
    if (input instanceof PackedSequence) {
      this.#requireWidth(input.data, 2, '[N, C] when packed');
      const { output, states } = this.#layers(input.data, packedLayout(input), initial);
      return { output: input.with(output), states };
    }
    if (input.rank === 2) {
      const batched = this.run(input.unsqueeze(this.batch_first ? 0 : 1), initial?.map((state) => state.unsqueeze(1)) ?? null);
      const output = batched.output as Tensor;
      return { output: output.squeeze(this.batch_first ? 0 : 1), states: batched.states.map((state) => state.squeeze(1)) };
    }
    this.#requireWidth(input, 3, this.batch_first ? '[B, T, C] or [T, C]' : '[T, B, C] or [T, C]');
    const turned = (x: Tensor) => (this.batch_first ? x.transpose(0, 1) : x);
    const steps = turned(input);
    const { output, states } = this.#layers(steps, evenLayout(steps.shape[1]!), initial);
    return { output: turned(output), states };
  }

  #requireWidth({ shape }: Tensor, axes: number, wanted: string): void {
    if (shape.length !== axes || shape.at(-1) !== this.input_size)
      throw new ShapeError(
        `${this.constructor.name}: input is ${formatShape(shape)}; it must be ${wanted} with C = ${this.input_size}.`,
      );
  }

  #layers(input: Tensor, layout: Layout, given: readonly Tensor[] | null): { output: Tensor; states: Tensor[] } {
    const directions = this.#directions;
    const initial = this.#initialStates(layout.batch, given);
    const last: Tensor[][] = initial.map(() => []);
    let x = input;
    for (let layer = 0; layer < this.num_layers; layer++) {
      const outputs = directions.map((reverse, i) => {
        const first = initial.map((states) => states(layer * directions.length + i));
        const { steps, last: ends } = recurrence(this.#cell, x, first, this.#weights(layer, reverse), {
          reverse: reverse && layout.isTold,
          spread: (mapped) => layout.spread(mapped, reverse),
        });
        for (const [k, end] of ends.entries()) last[k]!.push(layout.last(steps[k]!, end));
        return layout.gather(steps[0]!, reverse);
      });
      x = concat(outputs, -1);
      if (this.training && layer < this.num_layers - 1) x = dropout(x, this.dropout);
    }
    return { output: x, states: last.map((ends) => stack(ends, 0)) };
  }

  /** Of each state the tensor `[B, ...]` that the cell of a number begins with. */
  #initialStates(batch: number, given: readonly Tensor[] | null): ((cell: number) => Tensor)[] {
    const cells = this.num_layers * this.#directions.length;
    const names = ['h_0', 'c_0'];
    return Array.from({ length: this.#cell.states }, (_, k) => {
      const size = k === 0 ? this.#outputSize : this.hidden_size;
      const states = given?.[k];
      const zero = zeros([batch, size]);
      if (!states) return () => zero;
      const wanted = [cells, batch, size];
      if (formatShape(states.shape) !== formatShape(wanted))
        throw new ShapeError(
          `${this.constructor.name}: ${names[k]} is ${formatShape(states.shape)}; it must be ${formatShape(wanted)}: layers times directions, batch, size.`,
        );
      return (cell) => states.slice(0, cell, cell + 1).squeeze(0);
    });
  }
}

const suffix = (layer: number, reverse: boolean): `l${string}` => `l${layer}${reverse ? '_reverse' : ''}`;

/**
 * A simple recurrent network: h' = tanh(W x + b + U h + b').
 *
 * Shapes: input `[T, B, input_size]` (with `batch_first` `[B, T, input_size]`; without a batch `[T, input_size]`) or a
 * PackedSequence; h_0 `[layers · directions, B, hidden_size]`, zeros when left out →
 * output `[T, B, directions · hidden_size]` or a PackedSequence, and h_n like h_0.
 * Like torch.nn.RNN. Source: Elman, 1990, Cognitive Science 14.
 */
export class RNN extends RecurrentLayer {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(input_size: number, hidden_size: number, { nonlinearity = 'tanh', ...options }: RNNOptions = {}) {
    super(cellOf('RNN', nonlinearity), input_size, hidden_size, options);
    this.nonlinearity = nonlinearity;
  }

  override forward(input: Tensor, h_0?: Tensor | null): [output: Tensor, h_n: Tensor];
  override forward(input: PackedSequence, h_0?: Tensor | null): [output: PackedSequence, h_n: Tensor];
  override forward(input: Tensor | PackedSequence, h_0: Tensor | null = null): [Tensor | PackedSequence, Tensor] {
    const { output, states } = this.run(input, h_0 && [h_0]);
    return [output, states[0]!];
  }
}

/**
 * Long short-term memory; `functional.lstmCell` has the formula.
 *
 * Shapes: input `[T, B, input_size]` (with `batch_first` `[B, T, input_size]`; without a batch `[T, input_size]`) or a
 * PackedSequence; h_0 `[layers · directions, B, out]` and c_0 `[layers · directions, B, hidden_size]`, zeros when left out
 * → output `[T, B, directions · out]` or a PackedSequence, h_n and c_n like h_0 and c_0. out is `proj_size`, or `hidden_size` where that is 0.
 * Like torch.nn.LSTM. Source: Hochreiter and Schmidhuber, 1997, Neural Computation 9.
 */
export class LSTM extends RecurrentLayer {
  constructor(input_size: number, hidden_size: number, options: LSTMOptions = {}) {
    super(lstmCell, input_size, hidden_size, options);
  }

  override forward(
    input: Tensor,
    states?: readonly [h_0: Tensor, c_0: Tensor] | null,
  ): [output: Tensor, [h_n: Tensor, c_n: Tensor]];
  override forward(
    input: PackedSequence,
    states?: readonly [h_0: Tensor, c_0: Tensor] | null,
  ): [output: PackedSequence, [h_n: Tensor, c_n: Tensor]];
  override forward(
    input: Tensor | PackedSequence,
    initial: readonly [Tensor, Tensor] | null = null,
  ): [Tensor | PackedSequence, [Tensor, Tensor]] {
    const { output, states } = this.run(input, initial);
    return [output, [states[0]!, states[1]!]];
  }
}

/**
 * Gated recurrent units; `functional.gruCell` has the formula.
 *
 * Shapes: as `RNN`. Like torch.nn.GRU. Source: Cho et al., 2014, arXiv:1406.1078.
 */
export class GRU extends RecurrentLayer {
  constructor(input_size: number, hidden_size: number, options: RecurrentOptions = {}) {
    super(gruCell, input_size, hidden_size, options);
  }

  override forward(input: Tensor, h_0?: Tensor | null): [output: Tensor, h_n: Tensor];
  override forward(input: PackedSequence, h_0?: Tensor | null): [output: PackedSequence, h_n: Tensor];
  override forward(input: Tensor | PackedSequence, h_0: Tensor | null = null): [Tensor | PackedSequence, Tensor] {
    const { output, states } = this.run(input, h_0 && [h_0]);
    return [output, states[0]!];
  }
}

function cellOf(speaker: string, nonlinearity: 'tanh' | 'relu'): RecurrentCell {
  if (!Object.hasOwn(rnnCells, nonlinearity))
    throw new ConfigError(`${speaker}: nonlinearity is ${nonlinearity}; it must be tanh or relu.`);
  return rnnCells[nonlinearity];
}

/** Options of the cells. */
export interface CellOptions {
  /** Default true. */
  readonly bias?: boolean;
}

/** One step of a recurrent layer as a module. */
abstract class RecurrentStep extends Module {
  readonly weight_ih: Parameter;
  readonly weight_hh: Parameter;
  readonly bias_ih: Parameter | null;
  readonly bias_hh: Parameter | null;
  readonly #cell: RecurrentCell;
  readonly #sizes: Sizes;

  protected constructor(cell: RecurrentCell, sizes: Sizes, { bias = true }: CellOptions) {
    super();
    requireSizes(this.constructor.name, sizes);
    this.#cell = cell;
    this.#sizes = sizes;
    const weights = weightsOf(cell, sizes, bias);
    this.weight_ih = weights.weight_ih;
    this.weight_hh = weights.weight_hh;
    this.bias_ih = weights.bias_ih;
    this.bias_hh = weights.bias_hh;
  }

  protected run(input: Tensor, given: readonly Tensor[] | null): readonly Tensor[] {
    const { input_size, hidden_size } = this.#sizes;
    if (input.rank === 1) {
      const next = this.run(input.unsqueeze(0), given?.map((state) => state.unsqueeze(0)) ?? null);
      return next.map((state) => state.squeeze(0));
    }
    if (input.rank !== 2 || input.shape[1] !== input_size)
      throw new ShapeError(
        `${this.constructor.name}: input is ${formatShape(input.shape)}; it must be [B, C] or [C] with C = ${input_size}.`,
      );
    const wanted = [input.shape[0]!, hidden_size];
    const wrong = given?.find(({ shape }) => formatShape(shape) !== formatShape(wanted));
    if (wrong)
      throw new ShapeError(
        `${this.constructor.name}: a state is ${formatShape(wrong.shape)}; it must be ${formatShape(wanted)}.`,
      );
    const states = given ?? Array.from({ length: this.#cell.states }, () => zeros(wanted));
    return recurrentStep(this.#cell, input, states, this);
  }
}

/** One step of `RNN`. Shapes: input `[B, input_size]`, h `[B, hidden_size]`, or both without B → h. Like torch.nn.RNNCell. */
export class RNNCell extends RecurrentStep {
  constructor(
    input_size: number,
    hidden_size: number,
    { nonlinearity = 'tanh', ...options }: CellOptions & { readonly nonlinearity?: 'tanh' | 'relu' } = {},
  ) {
    super(cellOf('RNNCell', nonlinearity), { input_size, hidden_size }, options);
  }

  override forward(input: Tensor, h: Tensor | null = null): Tensor {
    return this.run(input, h && [h])[0]!;
  }
}

/** One step of `LSTM`. Shapes: input `[B, input_size]`, h and c `[B, hidden_size]`, or all without B → `[h, c]`. Like torch.nn.LSTMCell. */
export class LSTMCell extends RecurrentStep {
  constructor(input_size: number, hidden_size: number, options: CellOptions = {}) {
    super(lstmCell, { input_size, hidden_size }, options);
  }

  override forward(input: Tensor, states: readonly [h: Tensor, c: Tensor] | null = null): [h: Tensor, c: Tensor] {
    const [h, c] = this.run(input, states);
    return [h!, c!];
  }
}

/** One step of `GRU`. Shapes: input `[B, input_size]`, h `[B, hidden_size]`, or both without B → h. Like torch.nn.GRUCell. */
export class GRUCell extends RecurrentStep {
  constructor(input_size: number, hidden_size: number, options: CellOptions = {}) {
    super(gruCell, { input_size, hidden_size }, options);
  }

  override forward(input: Tensor, h: Tensor | null = null): Tensor {
    return this.run(input, h && [h])[0]!;
  }
}
