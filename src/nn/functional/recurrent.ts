import * as ops from '../../ops/index.ts';
import { lift, scan, type Tensor } from '../../tensor/index.ts';
import { linear } from './linear.ts';

/** The parameters of one recurrent layer in one direction, of `gates` maps each with `hidden` outputs. */
export interface RecurrentWeights {
  /** `[gates · hidden, in]`. */
  readonly weight_ih: Tensor;
  /** `[gates · hidden, out]`, where out is hidden unless `weight_hr` is given. */
  readonly weight_hh: Tensor;
  /** `[gates · hidden]`, or null. */
  readonly bias_ih: Tensor | null;
  /** `[gates · hidden]`, or null. */
  readonly bias_hh: Tensor | null;
  /** LSTM only: the map from hidden to a narrower output, `[out, hidden]`. */
  readonly weight_hr?: Tensor | null;
}

/** A recurrent cell: what is done once for all steps, and what is done in each. */
export interface RecurrentCell {
  /** Affine maps of the input and of the last output, one above the other in the weights. */
  readonly gates: number;
  /** How many tensors a step hands to the next; the first is its output. */
  readonly states: number;
  /** The affine map of the input, and the tensors that every step sees. */
  prepare(weights: RecurrentWeights): {
    readonly weight: Tensor;
    readonly bias: Tensor | null;
    readonly captured: readonly Tensor[];
  };
  /** The next states from those before, `[B, ...]` each, and from the mapped input, `[B, gates · hidden]`. */
  step(x: Tensor, states: readonly Tensor[], captured: readonly Tensor[]): readonly Tensor[];
}

/** Both maps end in one sum, so their biases are one. */
const bothBiases = ({ bias_ih, bias_hh }: RecurrentWeights): Tensor | null =>
  bias_ih && bias_hh ? bias_ih.add(bias_hh) : (bias_ih ?? bias_hh);

/** c + a bᵀ. */
const addProduct = (c: Tensor, a: Tensor, b: Tensor): Tensor =>
  lift(ops.addmm(c.value, a.value, b.value, { transposeA: false, transposeB: true }), c, a, b);

const simpleCell = (nonlinearity: (x: Tensor) => Tensor): RecurrentCell => ({
  gates: 1,
  states: 1,
  prepare: (weights) => ({ weight: weights.weight_ih, bias: bothBiases(weights), captured: [weights.weight_hh] }),
  step: (x, [h], [weight]) => [nonlinearity(addProduct(x, h!, weight!))],
});

/** h' = tanh(W x + U h + b), or relu in the place of tanh. Source: Elman, 1990, Cognitive Science 14. */
export const rnnCells: Readonly<Record<'tanh' | 'relu', RecurrentCell>> = {
  tanh: simpleCell((x) => x.tanh()),
  relu: simpleCell((x) => x.relu()),
};

/**
 * Long short-term memory, with the gates in PyTorch's order: input, forget, cell, output.
 *
 *   i, f, o = σ(W x + U h + b), g = tanh(W x + U h + b)
 *   c' = f · c + i · g, h' = o · tanh(c'), and with `weight_hr` h' = weight_hr (o · tanh(c'))
 *
 * Sources: Hochreiter and Schmidhuber, 1997, Neural Computation 9; Gers, Schmidhuber and Cummins, 2000, Neural
 * Computation 12 (the forget gate); Sak, Senior and Beaufays, 2014, arXiv:1402.1128 (the map of the output).
 */
export const lstmCell: RecurrentCell = {
  gates: 4,
  states: 2,
  prepare: (weights) => {
    // tanh(a) = 2σ(2a) − 1: with the cell gate's rows doubled, one σ serves all four gates in a single pass.
    const doubled = (x: Tensor) => {
      const hidden = x.shape[0]! / 4;
      const factors = ops.constant([1, 1, 2, 1], x.dtype, [4, ...x.shape.map(() => 1)]);
      return lift(ops.mul(x.reshape(4, hidden, ...x.shape.slice(1)).value, factors), x).reshape(...x.shape);
    };
    const bias = bothBiases(weights);
    const { weight_ih, weight_hh, weight_hr } = weights;
    return {
      weight: doubled(weight_ih),
      bias: bias && doubled(bias),
      captured: [doubled(weight_hh), ...(weight_hr ? [weight_hr] : [])],
    };
  },
  step: (x, [h, c], [weight, projection]) => {
    const hidden = c!.shape[1]!;
    const gates = addProduct(x, h!, weight!).sigmoid();
    const [i, f, g, o] = gates.split([hidden, hidden, hidden, hidden], 1);
    const cell = f!.mul(c!).add(i!.mul(g!.mul(2).sub(1)));
    const output = o!.mul(cell.tanh());
    return [projection ? linear(output, projection, null) : output, cell];
  },
};

/**
 * Gated recurrent unit, with the gates in PyTorch's order: reset, update, new.
 *
 *   r, z = σ(W x + b + U h + b'), n = tanh(W x + b + r · (U h + b')), h' = n + z · (h − n)
 *
 * The reset gate acts behind the product with U, as in PyTorch and cuDNN; in the paper it acts before.
 * Source: Cho et al., 2014, arXiv:1406.1078.
 */
export const gruCell: RecurrentCell = {
  gates: 3,
  states: 1,
  prepare: ({ weight_ih, bias_ih, weight_hh, bias_hh }) => ({
    weight: weight_ih,
    bias: bias_ih,
    captured: [weight_hh, ...(bias_hh ? [bias_hh] : [])],
  }),
  step: (x, [h], [weight, bias]) => {
    const hidden = h!.shape[1]!;
    const [xGates, xNew] = x.split([2 * hidden, hidden], 1);
    const [hGates, hNew] = linear(h!, weight!, bias ?? null).split([2 * hidden, hidden], 1);
    const [r, z] = xGates!.add(hGates!).sigmoid().split([hidden, hidden], 1);
    const n = xNew!.add(r!.mul(hNew!)).tanh();
    return [n.add(z!.mul(h!.sub(n)))];
  },
};

/** One step of a cell. Shapes: x `[B, in]`, states `[B, ...]` → the next states. */
export function recurrentStep(
  cell: RecurrentCell,
  x: Tensor,
  states: readonly Tensor[],
  weights: RecurrentWeights,
): readonly Tensor[] {
  const { weight, bias, captured } = cell.prepare(weights);
  return cell.step(linear(x, weight, bias), states, captured);
}

/** How a cell goes over its input. */
export interface RecurrenceOptions {
  /** From the last step to the first. Default false. */
  readonly reverse?: boolean;
  /** Brings the mapped input into steps, where it does not come so: `[..., gates · hidden]` → `[T, B, gates · hidden]`. */
  readonly spread?: (x: Tensor) => Tensor;
}

/** What a cell gives over a whole input. */
export interface Recurrence {
  /** Each state after each step, `[T, B, ...]`; the first is the output. */
  readonly steps: readonly Tensor[];
  /** The states after the last step taken, `[B, ...]`. */
  readonly last: readonly Tensor[];
}

/**
 * A cell over all steps of its input. What of a step does not depend on the step before, the map of the input, is one
 * matrix product over all steps; the weights' gradients likewise.
 * Shapes: x `[T, B, in]`, states `[B, ...]`.
 */
export function recurrence(
  cell: RecurrentCell,
  x: Tensor,
  states: readonly Tensor[],
  weights: RecurrentWeights,
  { reverse = false, spread = (mapped) => mapped }: RecurrenceOptions = {},
): Recurrence {
  const { weight, bias, captured } = cell.prepare(weights);
  const { carried, stacked } = scan(
    (before, [slice], seen) => {
      const next = cell.step(slice!, before, seen);
      return { carried: next, stacked: next };
    },
    { carried: states, sliced: [spread(linear(x, weight, bias))], captured, reverse },
  );
  return { steps: stacked, last: carried };
}
