import { describe, expect, test } from 'vitest';
import { BertForSequenceClassification } from '../models/bert/index.ts';
import { evaluate, peek, randn, type Tensor, tensor } from '../tensor/index.ts';
import { functional, inspect, Linear, Module, Sequential, Tanh, TransformerEncoder, TransformerEncoderLayer } from './index.ts';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);
const input = (...shape: number[]) => randn(shape, { key: [6, shape.length] });

describe('inspect', () => {
  test('gives the outputs of all modules by path, at no cost until they are read', async () => {
    const model = new Sequential(new Linear(3, 4), new Sequential(new Tanh(), new Linear(4, 2)));
    const x = input(2, 3);
    const { result, outputs, attentions, ...seen } = inspect(model, () => model.forward(x));
    expect([...outputs.keys()]).toEqual(['0', '1.0', '1.1', '1', '']);
    expect([...attentions.keys()]).toEqual([]);
    expect(seen).toEqual({});
    expect(peek(result).ops).toEqual(peek(model.forward(x)).ops);
    const after = inspect(model, () => model.forward(x));
    expect(await numbers(after.activation('1.0'))).toEqual(await numbers(after.activation('0').tanh()));
    expect(after.activation('')).toBe(after.result);
  });

  test('looks on only while the function runs', () => {
    const model = new Sequential(new Linear(3, 3));
    const { outputs } = inspect(model, () => model.forward(model.forward(input(2, 3))));
    expect(outputs.get('0')).toHaveLength(2);
    model.forward(input(2, 3));
    expect(outputs.get('0')).toHaveLength(2);
    expect(() => inspect(model, () => model.forward(input(2, 4)))).toThrow('linear: x is [2, 4]');
    expect(inspect(model, () => model.forward(input(2, 3))).outputs.get('0')).toHaveLength(1);
  });

  test('gives the attention weights of a Transformer’s layers', async () => {
    const make = () => new TransformerEncoderLayer(4, 2, { dim_feedforward: 5, batch_first: true });
    const model = new TransformerEncoder(make, 2).eval();
    const x = input(1, 3, 4);
    const seen = inspect(model, () => model.forward(x, { is_causal: true }));
    expect([...seen.attentions.keys()]).toEqual(['layers.0.self_attn', 'layers.1.self_attn']);
    const weights = seen.attention('layers.0.self_attn');
    expect(weights.shape).toEqual([1, 2, 3, 3]);
    const [, asked] = model.layers[0]!.self_attn.forward(x, x, x, { is_causal: true, average_attn_weights: false });
    await evaluate([weights, asked!]);
    expect(await numbers(weights)).toEqual(await numbers(asked!));
    expect(seen.activation('layers.0.self_attn').shape).toEqual([1, 3, 4]);
  });

  test('gives those of BERT, as output_attentions does', async () => {
    const sizes = { vocab_size: 10, hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 8 };
    const model = new BertForSequenceClassification({ ...sizes, max_position_embeddings: 6 }).eval();
    const batch = {
      input_ids: tensor([1, 2, 3, 4, 5, 0], { shape: [2, 3], dtype: 'int32' }),
      attention_mask: tensor([1, 1, 1, 1, 1, 0], { shape: [2, 3], dtype: 'int32' }),
    };
    const seen = inspect(model, () => model.forward({ ...batch, output_attentions: true }));
    const path = 'bert.encoder.layer.1.attention.self';
    expect(seen.attention(path)).toBe(seen.result.attentions![1]);
    const weights = await numbers(seen.attention(path));
    expect(weights.slice(-3).at(-1)).toBe(0);
    expect(weights.slice(-3).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  });

  test('sees attention in a module of one’s own', () => {
    class Own extends Module {
      override forward(x: Tensor): Tensor {
        return functional.scaledDotProductAttention(x, x, x);
      }
    }
    const model = new Sequential(new Linear(3, 3), new Own());
    expect(inspect(model, () => model.forward(input(4, 3))).attention('1').shape).toEqual([4, 4]);
  });

  test('says what was not seen', () => {
    class Pair extends Module {
      readonly inner = new Linear(3, 3);
      override forward(x: Tensor): { readonly y: Tensor } {
        return { y: this.inner.forward(x) };
      }
    }
    const model = new Pair();
    const seen = inspect(model, () => model.forward(input(2, 3)));
    expect(() => seen.activation('iner')).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: inspect: no module at iner was called meanwhile; did you mean inner?]`,
    );
    expect(() => seen.activation('')).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: inspect: the output of the model is no tensor; read it from outputs.get('').]`,
    );
    expect(() => seen.attention('inner')).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: inspect: no module at inner computed attention meanwhile; there are none.]`,
    );
  });
});
