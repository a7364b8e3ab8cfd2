import { afterAll, describe, expect, it } from 'vitest';
import { BertForSequenceClassification, BertModel } from '../models/index.ts';
import { probeRuntimes } from '../runtime/index.ts';
import { clearCache, compile, grad, noGrad, randn, setDefaultDevice, type Tensor, tensor } from '../tensor/index.ts';
import { functional, LayerNorm, Linear, Module, type QuantizationOptions, QuantizedLinear, quantize } from './index.ts';
import { packWeight } from './quantize.ts';

const numbers = async (x: Tensor) => (await x.data()) as Float32Array<ArrayBuffer>;
const messageOf = (work: () => unknown) =>
  Promise.resolve()
    .then(work)
    .then(
      () => 'nothing was thrown',
      (error) => String(error),
    );

/** The root of the mean square of what differs, as a share of that of what is wanted. */
function error(got: Float32Array, want: Float32Array): number {
  let [wrong, all] = [0, 0];
  for (const [i, value] of want.entries()) [wrong, all] = [wrong + (got[i]! - value) ** 2, all + value ** 2];
  return Math.sqrt(wrong / all);
}

const kinds: readonly [QuantizationOptions, number][] = [
  // The step of a group is its largest number over 127 (or 7), an error evenly spread over it; of a normal distribution's 64
  // numbers the largest is about 2.5 deviations: 2.5 / 127 / √12 and 2.5 / 7.5 / √12 of the deviation.
  [{ dtype: 'int8' }, 0.0057],
  [{ dtype: 'int8', symmetric: false }, 0.0057],
  [{ dtype: 'int4' }, 0.096],
  [{ dtype: 'int4', symmetric: false }, 0.09],
  [{ dtype: 'int4', group_size: 16 }, 0.08],
];

describe('packWeight', () => {
  it('gives the nearest numbers there are', () => {
    const packed = packWeight(Float32Array.of(-8, 7, 0, 1, -8, 8, 4, 0), 1, { bits: 4, groupSize: 4 }, true);
    // 8 lies further from zero than any other: the scale is negative, so that it is one of the sixteen numbers.
    expect([...packed.scales]).toEqual([1, 1]);
    expect(Array.from(packed.weight, (byte) => [byte % 16, byte >> 4])).toEqual([
      [0, 15],
      [8, 9],
      [0, 15],
      [12, 8],
    ]);
  });

  it('of zeros are zeros, with and without zero points', () => {
    for (const symmetric of [true, false]) {
      const { weight, scales, zeros } = packWeight(new Float32Array(16), 1, { bits: 8, groupSize: 16 }, symmetric);
      const zero = zeros ? zeros[0]! : 128;
      expect(Array.from(weight, (number) => Math.abs((number - zero) * scales[0]!))).toEqual(new Array(16).fill(0));
    }
  });
});

for (const { name, device, availability } of await probeRuntimes()) {
  const skipped = availability.available ? '' : ` (${availability.reason})`;
  describe.skipIf(!availability.available)(`quantized linear maps on ${name}${skipped}`, () => {
    if (availability.available) setDefaultDevice(device, { runtime: name });
    afterAll(async () => {
      await clearCache();
      setDefaultDevice(null);
    });

    it.each(kinds)(
      '%j: are near the map, and those of the rounded weight but for the rounding of x',
      async (options, expected) => {
        setDefaultDevice(device, { runtime: name });
        const linear = new Linear(256, 96);
        linear.weight.load(await numbers(randn([96, 256])));
        const quantized = await QuantizedLinear.from(linear, options);
        expect(error(await numbers(quantized.weight), await numbers(linear.weight))).toBeLessThan(expected * 1.15);
        for (const shape of [
          [1, 256],
          [3, 5, 256],
        ]) {
          const x = tensor(await numbers(randn(shape)), { shape });
          const y = await numbers(quantized.forward(x));
          expect(error(y, await numbers(linear.forward(x)))).toBeLessThan(expected * 1.25 + 0.01);
          // x in 8 bits in groups, or not at all.
          expect(error(y, await numbers(functional.linear(x, quantized.weight, linear.bias)))).toBeLessThan(0.01);
          // With the bias in the program it goes into the product.
          const frozen = compile((rows: Tensor) => noGrad(() => quantized.forward(rows)), { freeze: true });
          expect(error(await numbers(await frozen(x)), y)).toBeLessThan(1e-6);
        }
      },
    );
  });
}

describe('quantize', () => {
  const config = { vocab_size: 50, hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4, intermediate_size: 128 };
  const input_ids = tensor(
    [
      [2, 7, 9, 3],
      [2, 8, 4, 3],
    ],
    { dtype: 'int32' },
  );

  it('puts rounded maps in the place of all others, and their model computes nearly the same', async () => {
    const model = new BertModel(config);
    model.eval();
    const before = await numbers(model.forward({ input_ids }).last_hidden_state);
    const replaced = await quantize(model, { dtype: 'int8', modules_to_not_convert: ['encoder.layer.1'] });
    expect(replaced).toEqual([
      'encoder.layer.0.attention.self.query',
      'encoder.layer.0.attention.self.key',
      'encoder.layer.0.attention.self.value',
      'encoder.layer.0.attention.output.dense',
      'encoder.layer.0.intermediate.dense',
      'encoder.layer.0.output.dense',
      'pooler.dense',
    ]);
    expect(error(await numbers(model.forward({ input_ids }).last_hidden_state), before)).toBeLessThan(0.02);
    const names = [...(await model.stateDict()).keys()].filter((name) => name.startsWith('encoder.layer.0.output.dense'));
    expect(names).toEqual(['bias', 'qweight', 'scales'].map((part) => `encoder.layer.0.output.dense.${part}`));
    expect(await messageOf(() => model.save_pretrained('nowhere'))).toMatchInlineSnapshot(
      `"UnsupportedError: save_pretrained: encoder.layer.0.attention.self.query is quantized, and Python's transformers reads no such folder; save the model before quantize."`,
    );
  });

  it('takes its state from another that was quantized alike', async () => {
    const [a, b] = [new BertForSequenceClassification(config), new BertForSequenceClassification(config)];
    for (const model of [a, b]) {
      model.eval();
      await quantize(model, { dtype: 'int4', symmetric: false });
    }
    b.loadStateDict(await a.stateDict());
    expect(await numbers(b.forward({ input_ids }).logits)).toEqual(await numbers(a.forward({ input_ids }).logits));
  });

  it('rounds a shared map once', async () => {
    class Twice extends Module {
      readonly maps: readonly Linear[];
      readonly norm = new LayerNorm(16);
      constructor() {
        super();
        const map = new Linear(16, 16);
        this.maps = [map, map];
      }
      override forward(x: Tensor): Tensor {
        return this.norm.forward(this.maps[1]!.forward(this.maps[0]!.forward(x)));
      }
    }
    const model = new Twice();
    expect(await quantize(model, { dtype: 'int8', group_size: 16 })).toEqual(['maps.0', 'maps.1']);
    expect(model.maps[0]).toBeInstanceOf(QuantizedLinear);
    expect(model.maps[0]).toBe(model.maps[1]);
  });

  it('refuses by name', async () => {
    const model = new BertModel(config);
    const refused = (options: unknown) => messageOf(() => quantize(model, options as QuantizationOptions));
    expect(await refused({ dtype: 'int2' })).toMatchInlineSnapshot(
      `"ConfigError: quantize: dtype is int2; it must be 'int8' or 'int4'."`,
    );
    expect(await refused({ dtype: 'int8', group_size: 48 })).toMatchInlineSnapshot(
      `"ConfigError: quantize: group_size is 48; it must be a power of two, 16 or more."`,
    );
    expect(await refused({ dtype: 'int8', modules_to_not_convert: ['lm_head'] })).toMatchInlineSnapshot(
      `"ConfigError: quantize: modules_to_not_convert has lm_head; the model has no such module."`,
    );
    expect(await refused({ dtype: 'int8', group_size: 128 })).toMatchInlineSnapshot(
      `"ConfigError: quantize: a weight is [64, 64]; group_size 128 must divide 64. Choose another, or name the module in modules_to_not_convert."`,
    );
    expect(await messageOf(() => quantize(new Linear(16, 16), { dtype: 'int8' }))).toMatchInlineSnapshot(
      `"ConfigError: quantize: the model is a Linear itself; use QuantizedLinear.from, which gives another."`,
    );
  });

  it('lets gradients through to what comes in, by the rounded weight', async () => {
    const map = await QuantizedLinear.from(new Linear(64, 4), { dtype: 'int8' });
    const [x, g] = [randn([2, 64]), randn([2, 4])];
    const [gradient] = grad((input) => map.forward(input).mul(g).sum())(x);
    const got = await numbers(gradient!);
    expect(error(got, await numbers(g.matmul(map.weight)))).toBeLessThan(1e-6);
  });

  it('compiles one program for all shapes, with the weights in it', async () => {
    const model = new BertModel(config, { add_pooling_layer: false });
    model.eval();
    await quantize(model, { dtype: 'int4' });
    const encode = compile((ids: Tensor) => noGrad(() => model.forward({ input_ids: ids }).last_hidden_state), {
      freeze: true,
    });
    const rows = [input_ids, tensor([[2, 7, 9, 3, 5, 6]], { dtype: 'int32' })];
    for (const ids of rows)
      expect(await numbers(await encode(ids))).toEqual(await numbers(model.forward({ input_ids: ids }).last_hidden_state));
  });
});
