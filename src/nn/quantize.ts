import { ConfigError } from '../core/index.ts';
import * as ops from '../ops/index.ts';
import { frozenTensor, lift, type Tensor } from '../tensor/index.ts';
import { Linear } from './layers/linear.ts';
import { Module } from './module.ts';

/** What `quantize` may be told; named as in Hugging Face's quantization configs. */
export interface QuantizationOptions {
  /** Bits of one weight: 8 or 4. */
  readonly dtype: 'int8' | 'int4';
  /** How many weights of a row in succession share a scale: a power of two from 16. Default 64. */
  readonly group_size?: number;
  /** Whether a group reaches as far below zero as above it; if not, each has a zero point as well. Default true. */
  readonly symmetric?: boolean;
  /** Paths of modules that stay as they are, with all below them, such as `['lm_head']`. Default: none. */
  readonly modules_to_not_convert?: readonly string[];
}

/** What one weight became. */
interface PackedWeight {
  readonly weight: Uint8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
  readonly zeros: Uint8Array<ArrayBuffer> | null;
}

/**
 * A linear map whose weight is kept in 8 or 4 bits, in groups that share a scale. Made of a `Linear` by `quantize`; the weight is
 * not trained any more, but gradients flow through to what comes in. The state dict has `qweight`, `scales` and, where there are zero points, `qzeros` in place of the weight.
 *
 * Shapes: x `[..., in]` → `[..., out]`.
 * Where the runtime has kernels for it the weight stays packed, and x is rounded to 8 bits in groups as well.
 */
export class QuantizedLinear extends Module {
  readonly bias: Tensor | null;
  readonly in_features: number;
  readonly out_features: number;
  /** The rounded weight, uint8 `[out, groups, group_size · bits / 8]`; of two numbers in a byte the first has the lower bits. */
  readonly qweight: Tensor;
  /** `[out, groups]` */
  readonly scales: Tensor;
  /** The number that stands for zero in each group, packed alike, `[out, ⌈groups · bits / 8⌉]`; null where that is the middle one. */
  readonly qzeros: Tensor | null;
  readonly #packing: ops.Packing;

  private constructor(
    bias: Tensor | null,
    [out, width]: readonly [number, number],
    packed: readonly [Tensor, Tensor, Tensor | null],
    packing: ops.Packing,
  ) {
    super();
    this.bias = bias;
    this.in_features = width;
    this.out_features = out;
    [this.qweight, this.scales, this.qzeros] = packed;
    this.#packing = packing;
  }

  /** A linear map with its weight rounded. The bias is shared. */
  static async from(
    { weight, bias }: Linear,
    { dtype, group_size = 64, symmetric = true }: QuantizationOptions,
  ): Promise<QuantizedLinear> {
    const [out, width] = weight.shape as [number, number];
    const packing = { bits: dtype === 'int4' ? 4 : 8, groupSize: group_size };
    if (width % group_size !== 0)
      throw new ConfigError(
        `quantize: a weight is [${out}, ${width}]; group_size ${group_size} must divide ${width}. Choose another, or name the module in modules_to_not_convert.`,
      );
    const groups = width / group_size;
    const packed = packWeight((await weight.data()) as Float32Array<ArrayBuffer>, out, packing, symmetric);
    const bytes = (group_size * packing.bits) / 8;
    const parts = [
      frozenTensor(packed.weight, { shape: [out, groups, bytes], dtype: 'uint8' }),
      frozenTensor(packed.scales, { shape: [out, groups], dtype: 'float32' }),
      packed.zeros && frozenTensor(packed.zeros, { shape: [out, packed.zeros.length / out], dtype: 'uint8' }),
    ] as const;
    return new QuantizedLinear(bias, [out, width], parts, packing);
  }

  /** The rounded weight in float32, `[out, in]`, unpacked when it is asked for. */
  get weight(): Tensor {
    return lift(ops.dequantize(this.qweight.value, this.scales.value, this.qzeros?.value ?? null, this.#packing));
  }

  override forward(x: Tensor): Tensor {
    const { qweight, scales, qzeros, bias } = this;
    const packed = [qweight.value, scales.value, qzeros?.value ?? null] as const;
    return lift(ops.quantizedLinear(x.value, ...packed, bias?.value ?? null, this.#packing), x, ...(bias ? [bias] : []));
  }
}

/**
 * Puts in the place of every `Linear` below a module one whose weight is kept in 8 or 4 bits: a quarter or an eighth of the
 * memory, and of the time where reading weights is what takes it, as in generation. What is rounded is not trained any more.
 * Like `torchao.quantize_` with weight-only configs: the module is changed. Maps that a model computes from a table, such as
 * an output layer tied to the embeddings by `functional.linear`, are no `Linear` and stay.
 * @returns the paths of what was replaced.
 * @throws ConfigError when group_size does not divide a row, or an option is none of those listed.
 */
export async function quantize(model: Module, options: QuantizationOptions): Promise<string[]> {
  const { dtype, group_size = 64, modules_to_not_convert = [] } = options;
  if (dtype !== 'int8' && dtype !== 'int4')
    throw new ConfigError(`quantize: dtype is ${String(dtype)}; it must be 'int8' or 'int4'.`);
  if (!(group_size >= 16 && Number.isInteger(Math.log2(group_size))))
    throw new ConfigError(`quantize: group_size is ${group_size}; it must be a power of two, 16 or more.`);
  const paths = Array.from(model.namedModules(), ([path]) => path);
  for (const path of modules_to_not_convert)
    if (!paths.includes(path))
      throw new ConfigError(`quantize: modules_to_not_convert has ${path}; the model has no such module.`);
  if (model instanceof Linear)
    throw new ConfigError('quantize: the model is a Linear itself; use QuantizedLinear.from, which gives another.');
  const isKept = (path: string) => modules_to_not_convert.some((kept) => path === kept || path.startsWith(`${kept}.`));
  const made = new Map<Linear, QuantizedLinear>();
  const replaced: string[] = [];
  for (const [path, holder] of [...model.namedModules()]) {
    for (const [list, name, linear, key] of linearsOf(holder)) {
      const place = path === '' ? name : `${path}.${name}`;
      if (isKept(place)) continue;
      let quantized = made.get(linear);
      if (!quantized) {
        quantized = await QuantizedLinear.from(linear, options);
        if (!linear.training) quantized.eval();
        made.set(linear, quantized);
      }
      list[key] = quantized;
      replaced.push(place);
    }
  }
  return replaced;
}

type Slots = Record<string | number, unknown>;

/** The linear maps in a module's own fields and lists: where each is held, its name from there, itself, its key there. */
function linearsOf(holder: Module): [Slots, string, Linear, string | number][] {
  const found: [Slots, string, Linear, string | number][] = [];
  const look = (held: Slots, prefix: string): void => {
    for (const [key, value] of Object.entries(held)) {
      const name = prefix === '' ? key : `${prefix}.${key}`;
      if (value instanceof Linear) found.push([held, name, value, key]);
      else if (Array.isArray(value)) look(value as unknown as Slots, name);
    }
  };
  look(holder as unknown as Slots, '');
  return found;
}

/** A weight of `out` rows, rounded group by group to the nearest of 2^bits numbers. */
export function packWeight(
  weight: Float32Array,
  out: number,
  { bits, groupSize }: ops.Packing,
  symmetric: boolean,
): PackedWeight {
  const levels = 2 ** bits;
  const middle = levels / 2;
  const count = weight.length / groupSize;
  const groups = count / out;
  const perByte = 8 / bits;
  const packed = new Uint8Array(weight.length / perByte);
  const scales = new Float32Array(count);
  const zeroBytes = Math.ceil(groups / perByte);
  const zeros = symmetric ? null : new Uint8Array(out * zeroBytes);
  for (let group = 0; group < count; group++) {
    const start = group * groupSize;
    let [low, high] = [0, 0];
    for (let i = start; i < start + groupSize; i++) {
      const value = weight[i]!;
      if (value < low) low = value;
      else if (value > high) high = value;
    }
    let zero = middle;
    if (symmetric) {
      // There is one number more below zero than above it: the scale's sign gives it to the side that reaches further.
      scales[group] = (-low >= high ? low : high) / -middle;
    } else {
      scales[group] = (high - low) / (levels - 1);
      zero = scales[group] === 0 ? 0 : Math.min(levels - 1, Math.max(0, Math.round(-low / scales[group]!)));
      const place = Math.floor(group / groups) * zeroBytes + Math.floor((group % groups) / perByte);
      zeros![place]! |= zero << (bits * ((group % groups) % perByte));
    }
    const inverse = scales[group] === 0 ? 0 : 1 / scales[group]!;
    for (let i = start; i < start + groupSize; i++) {
      const number = Math.min(levels - 1, Math.max(0, Math.round(weight[i]! * inverse) + zero));
      packed[Math.floor(i / perByte)]! |= number << (bits * (i % perByte));
    }
  }
  return { weight: packed, scales, zeros };
}
