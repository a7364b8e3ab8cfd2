import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { checkModule } from '../../../test/support/check-module.ts';
import { readGolden } from '../../../test/support/golden.ts';
import { difference } from '../../../test/support/tolerances.ts';
import { readSafetensors } from '../../formats/index.ts';
import { evaluate, manualSeed, peek, randn, type Tensor, tensor } from '../../tensor/index.ts';
import { type AttentionOptions, scaledDotProductAttention } from '../functional/index.ts';
import {
  Module,
  MultiheadAttention,
  Parameter,
  Transformer,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from '../index.ts';

interface Case {
  readonly name: string;
  readonly module: string;
  readonly args?: readonly [number, number];
  readonly options: Record<string, unknown>;
  readonly flags?: Record<string, unknown>;
  readonly same?: boolean;
}
const { cases } = readGolden('attention/cases.json') as { readonly cases: readonly Case[] };
const file = new URL('../../../test/golden/attention/data.safetensors', import.meta.url);
const { tensors } = readSafetensors(await readFile(file), 'data.safetensors');

/** The arrays of a case whose names begin so, by the rest of their names. */
function stored({ name }: Case, kind: string): Map<string, Tensor> {
  const prefix = `${name}/${kind}.`;
  return new Map(
    [...tensors].flatMap(([key, { shape, data }]) =>
      key.startsWith(prefix)
        ? [
            [
              key.slice(prefix.length),
              tensor(data, { shape, ...(kind === 'mask' && data instanceof Uint8Array && { dtype: 'bool' }) }),
            ],
          ]
        : [],
    ),
  );
}

function made({ module, args: [width, heads] = [0, 0], options }: Case): Module {
  const all = { dropout: 0, ...options };
  if (module === 'MultiheadAttention') return new MultiheadAttention(width, heads, all);
  if (module === 'TransformerEncoderLayer') return new TransformerEncoderLayer(width, heads, all);
  if (module === 'TransformerDecoderLayer') return new TransformerDecoderLayer(width, heads, all);
  if (module === 'Transformer') return new Transformer(all);
  throw new Error(`no module ${module}`);
}

describe('as PyTorch computes it', () => {
  test.each(cases.map((each) => [each.name, each] as const))('%s', async (_name, each) => {
    const inputs = [...stored(each, 'input').values()].map((input) => new Parameter(input));
    const told = { ...Object.fromEntries(stored(each, 'mask')), ...each.flags };
    let outputs: Tensor[];
    let parameters: [string, Tensor][] = [];
    if (each.module === 'scaledDotProductAttention') {
      const [q, k, v] = inputs as readonly Tensor[] as [Tensor, Tensor, Tensor];
      outputs = [scaledDotProductAttention(q, k, v, { ...each.options, ...told } as AttentionOptions)];
    } else {
      const module = made(each);
      const weights = stored(each, 'parameter');
      parameters = [...module.namedParameters()];
      expect(parameters.map(([name]) => name).sort()).toEqual([...weights.keys()].sort());
      for (const [name, parameter] of module.namedParameters()) parameter.reset(weights.get(name)!);
      const given = each.same ? [inputs[0]!, inputs[0]!, inputs[0]!] : inputs;
      const forward = module.forward as unknown as (...args: unknown[]) => Tensor | [Tensor, Tensor | null];
      const output = forward(...given, told);
      outputs = [output].flat().filter((part) => part !== null);
    }
    const directions = stored(each, 'direction');
    outputs
      .map((output, i) => output.mul(directions.get(`${i}`)!).sum())
      .reduce((a, b) => a.add(b))
      .backward();
    const got = new Map<string, Tensor>([
      ...outputs.map((output, i): [string, Tensor] => [`output.${i}`, output]),
      ...inputs.map((input, i): [string, Tensor] => [`gradient.input.${i}`, input.grad!]),
      ...parameters.map(([name, parameter]): [string, Tensor] => [`gradient.${name}`, parameter.grad!]),
    ]);
    await evaluate([...got.values()]);
    const expected = [...tensors.keys()].filter(
      (key) => key.startsWith(`${each.name}/output.`) || key.startsWith(`${each.name}/gradient.`),
    );
    expect([...got.keys()].map((key) => `${each.name}/${key}`).sort()).toEqual(expected.sort());
    for (const [key, value] of got) {
      const wanted = Array.from(tensors.get(`${each.name}/${key}`)!.data, Number);
      expect(difference(Array.from(await value.data(), Number), wanted, 'rounding'), key).toBeNull();
    }
  });
});

const input = (...shape: number[]) => randn(shape, { key: [5, shape.length] });
const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

/** A module that gives only the first of attention's two results, for `checkModule`. */
class OutputOf extends Module {
  readonly attention: MultiheadAttention;

  constructor(attention: MultiheadAttention) {
    super();
    this.attention = attention;
  }

  override forward(query: Tensor, key: Tensor): Tensor {
    return this.attention.forward(query, key, key)[0];
  }
}

describe('every layer', () => {
  test('MultiheadAttention', async () => {
    await checkModule({
      make: () =>
        new OutputOf(new MultiheadAttention(4, 2, { dropout: 0.2, kdim: 3, vdim: 3, add_bias_kv: true, batch_first: true })),
      inputs: () => [input(2, 3, 4), input(2, 2, 3)],
      outputShape: [2, 3, 4],
      parameterCount: 16 + 12 + 12 + 12 + 4 + 4 + 16 + 4,
      names: [
        'q_proj_weight',
        'k_proj_weight',
        'v_proj_weight',
        'in_proj_bias',
        'bias_k',
        'bias_v',
        'out_proj.weight',
        'out_proj.bias',
      ].map((name) => `attention.${name}`),
    });
  });

  // The decoder layer and the stacks have no maths of their own beyond this and the golden data.
  test('TransformerEncoderLayer', async () => {
    const maps = ['self_attn.out_proj', 'linear1', 'linear2', 'norm1', 'norm2'];
    await checkModule({
      make: () => new TransformerEncoderLayer(4, 2, { dim_feedforward: 3, activation: 'gelu', dropout: 0.2 }),
      inputs: () => [input(2, 1, 4)],
      outputShape: [2, 1, 4],
      parameterCount: 80 + 15 + 16 + 16,
      names: [
        'self_attn.in_proj_weight',
        'self_attn.in_proj_bias',
        ...maps.flatMap((name) => [`${name}.weight`, `${name}.bias`]),
      ],
    });
  });
});

describe('MultiheadAttention', () => {
  test('maps a tensor that is query, key and value at once in one product', () => {
    const attention = new MultiheadAttention(4, 2);
    const x = input(3, 2, 4);
    const [together] = attention.forward(x, x, x);
    const [apart] = attention.forward(x, x.mul(1), x.mul(1));
    expect([peek(together).ops.linear, peek(apart).ops.linear]).toEqual([2, 4]);
  });

  test('drops weights while training, and shows which', async () => {
    const attention = new MultiheadAttention(4, 1, { dropout: 0.5 });
    const x = input(8, 1, 4);
    const weights = async () => numbers(attention.forward(x, x, x)[1]!);
    expect((await weights()).some((weight) => weight === 0)).toBe(true);
    attention.eval();
    expect((await weights()).some((weight) => weight === 0)).toBe(false);
  });

  test('gives zeros, and gradients of zero, where all keys are left out', async () => {
    const attention = new MultiheadAttention(4, 2, { bias: false, batch_first: true });
    const x = new Parameter(input(2, 3, 4));
    for (const mask of [
      tensor([true, true, true, false, false, false], { shape: [2, 3] }),
      tensor([1, 1, 1, 0, 0, 0], { shape: [2, 3] })
        .mul(-1e38)
        .mul(1e10),
    ]) {
      x.grad = null;
      const [y, weights] = attention.forward(x, x, x, { key_padding_mask: mask });
      y.sum().backward();
      await evaluate([y, weights!, x.grad!]);
      expect((await numbers(y)).slice(0, 12)).toEqual(Array(12).fill(0));
      expect((await numbers(weights!)).slice(0, 9)).toEqual(Array(9).fill(0));
      const gradient = await numbers(x.grad!);
      expect(gradient.slice(0, 12)).toEqual(Array(12).fill(0));
      expect(gradient.slice(12).every((g) => Number.isFinite(g) && g !== 0)).toBe(true);
    }
  });

  test('says what does not fit', () => {
    const attention = new MultiheadAttention(4, 2);
    const x = input(3, 2, 4);
    const message = (f: () => unknown) => {
      try {
        f();
      } catch (error) {
        return (error as Error).message;
      }
      return 'no error';
    };
    expect([
      message(() => new MultiheadAttention(4, 3)),
      message(() => new MultiheadAttention(4, 2, { dropout: 2 })),
      message(() => attention.forward(input(2), x, x)),
      message(() => attention.forward(x, input(3, 1, 4), input(3, 1, 4))),
      message(() => attention.forward(x, x, x, { attn_mask: input(2, 3) })),
      message(() => attention.forward(x, x, x, { key_padding_mask: input(3, 2) })),
      message(() =>
        attention.forward(x, x, x, { attn_mask: tensor([1, 0, 0, 0, 1, 0, 0, 0, 1], { shape: [3, 3], dtype: 'int32' }) }),
      ),
      message(() => new TransformerEncoderLayer(4, 2, { activation: 'tanh' as 'relu' })),
      message(() => new Transformer({ d_model: 4, nhead: 2, dim_feedforward: 4 }).forward(input(3, 2, 4), input(3, 1, 4))),
    ]).toMatchInlineSnapshot(`
      [
        "MultiheadAttention: embed_dim is 4 and num_heads 3; num_heads must divide embed_dim.",
        "MultiheadAttention: dropout is 2; it must be from 0 to 1.",
        "MultiheadAttention: query is [2], key is [3, 2, 4] and value is [3, 2, 4]; all need three axes, or two without a batch.",
        "MultiheadAttention: query is [3, 2, 4], key is [3, 1, 4] and value is [3, 1, 4]; key and value must agree on all axes but the last, and all on the batch (axis 1).",
        "MultiheadAttention: attn_mask is [2, 3]; it must be [3, 3], or [4, 3, 3] for each head of each example.",
        "MultiheadAttention: key_padding_mask is [3, 2]; it must be [2, 3].",
        "MultiheadAttention: a mask is int32 and the query float32; masks must be bool, true where attention is forbidden, or of the query's type, to be added.",
        "TransformerEncoderLayer: activation is tanh; it must be relu, gelu or a function.",
        "Transformer: src is [3, 2, 4] and tgt is [3, 1, 4]; both need 4 channels and one batch (axis 1).",
      ]
    `);
  });
});

describe('initial values', () => {
  const spread = async (x: Tensor) => Math.max(...(await numbers(x)).map(Math.abs));

  test('of attention are those of PyTorch', async () => {
    manualSeed(2);
    const attention = new MultiheadAttention(64, 4, { add_bias_kv: true });
    // √(6 / (64 + 3 · 64)), and that of a linear map.
    expect(await spread(attention.in_proj_weight!)).toBeCloseTo(Math.sqrt(6 / 256), 3);
    expect(await spread(attention.out_proj.weight)).toBeCloseTo(1 / 8, 3);
    expect([await spread(attention.in_proj_bias!), await spread(attention.out_proj.bias!)]).toEqual([0, 0]);
    const squares = (await numbers(attention.bias_k!)).map((x) => x * x);
    expect(Math.sqrt(squares.reduce((a, b) => a + b) / 64)).toBeCloseTo(Math.sqrt(2 / 128), 1);
    const apart = new MultiheadAttention(64, 4, { kdim: 32 });
    expect(await spread(apart.k_proj_weight!)).toBeCloseTo(Math.sqrt(6 / 96), 3);
  });

  test('of a Transformer’s matrices are spread by Xavier’s rule, in each layer anew', async () => {
    const { encoder } = new Transformer({
      d_model: 32,
      nhead: 2,
      num_encoder_layers: 2,
      num_decoder_layers: 1,
      dim_feedforward: 64,
    });
    const [first, second] = encoder.layers as [TransformerEncoderLayer, TransformerEncoderLayer];
    expect(await spread(first.linear1.weight)).toBeCloseTo(Math.sqrt(6 / 96), 2);
    expect(await spread(first.self_attn.out_proj.weight)).toBeCloseTo(Math.sqrt(6 / 64), 2);
    expect(await numbers(first.linear1.weight)).not.toEqual(await numbers(second.linear1.weight));
  });
});

test('the table of a causal mask forbids what comes later', async () => {
  const mask = Transformer.generateSquareSubsequentMask(3);
  expect(await mask.toArray()).toEqual([
    [0, -Infinity, -Infinity],
    [0, 0, -Infinity],
    [0, 0, 0],
  ]);
  const layer = new TransformerEncoderLayer(4, 2, { dim_feedforward: 4 }).eval();
  const x = input(3, 1, 4);
  const byTable = await numbers(layer.forward(x, { src_mask: mask }));
  expect(difference(byTable, await numbers(layer.forward(x, { is_causal: true })), 'rounding')).toBeNull();
});
