import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkModule } from '../../../test/support/check-module.ts';
import { readGolden } from '../../../test/support/golden.ts';
import { difference } from '../../../test/support/tolerances.ts';
import { readSafetensors, type TensorData } from '../../formats/index.ts';
import { evaluate, manualSeed, memory, noGrad, ones, randn, type Tensor, tensor, zeros } from '../../tensor/index.ts';
import {
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  Module,
  PackedSequence,
  pack_padded_sequence,
  pad_packed_sequence,
  RNN,
  RNNCell,
} from '../index.ts';

const kinds = { RNN, LSTM, GRU, RNNCell, LSTMCell, GRUCell };

interface GoldenCase {
  readonly name: string;
  readonly kind: keyof typeof kinds;
  readonly options: { readonly batch_first?: boolean };
  readonly lengths: readonly number[] | null;
  /** The state dict's names, in PyTorch's order. */
  readonly paths: readonly string[];
}

const golden = readGolden('recurrent/cases.json') as {
  readonly input_size: number;
  readonly hidden_size: number;
  readonly cases: readonly GoldenCase[];
};
const numbers = async (x: Tensor) => Array.from(await x.data(), Number);
const input = (...shape: number[]) => randn(shape, { key: [3, 4] });

describe('against PyTorch', () => {
  let expected: ReadonlyMap<string, TensorData>;
  beforeAll(async () => {
    const url = new URL('../../../test/golden/recurrent/expected.safetensors', import.meta.url);
    expected = readSafetensors(await readFile(url), 'expected.safetensors').tensors;
  });

  test.each(golden.cases)('$name', async ({ name, kind, options, lengths, paths }) => {
    const entries = [...expected].filter(([key]) => key.startsWith(`${name}.`));
    const stored = new Map(entries.map(([key, data]) => [key.slice(name.length + 1), data]));
    const leaf = (key: string) => {
      const content = stored.get(key);
      return content ? tensor(content.data, { shape: content.shape, requiresGrad: true }) : null;
    };
    const module: Module = new kinds[kind](golden.input_size, golden.hidden_size, options);
    expect([...(await module.stateDict()).keys()]).toEqual(paths);
    module.loadStateDict(
      new Map(paths.map((path) => [path, stored.get(`weights.${path}`)!])) as Parameters<Module['loadStateDict']>[0],
    );
    const given = { input: leaf('input')!, h_0: leaf('h_0'), c_0: leaf('c_0') };
    const batch_first = options.batch_first ?? false;
    const x = lengths ? pack_padded_sequence(given.input, lengths, { batch_first, enforce_sorted: false }) : given.input;
    const states = given.c_0 ? [given.h_0, given.c_0] : given.h_0;
    const result = (module as { forward(...args: unknown[]): unknown }).forward(x, states);
    const parts = [result].flat(2) as (Tensor | PackedSequence)[];
    const flat = parts.map((part) => (part instanceof PackedSequence ? pad_packed_sequence(part, { batch_first })[0] : part));
    const names = kind.endsWith('Cell') ? ['h_n', 'c_n'] : ['output', 'h_n', 'c_n'];
    const named = new Map(flat.map((part, i) => [names[i]!, part]));
    const loss = [...named].map(([key, y]) => y.mul(leaf(`seeds.${key}`)!.detach()).sum()).reduce((a, b) => a.add(b));
    loss.backward();

    const computed = new Map(named);
    for (const [key, each] of [...Object.entries(given), ...module.namedParameters()])
      if (each) computed.set(`gradient.${key}`, each.grad!);
    const wanted = [...stored.keys()].filter((key) => computed.has(key) || /^(output|gradient|[hc]_n)/.test(key));
    expect([...computed.keys()].sort()).toEqual(wanted.sort());
    await evaluate([...computed.values()]);
    for (const [key, each] of computed) {
      expect(each.shape, key).toEqual(stored.get(key)!.shape);
      const want = Array.from(stored.get(key)!.data as Float32Array);
      expect(difference(await numbers(each), want, 'rounding'), key).toBeNull();
    }
  });
});

describe('every recurrent layer', () => {
  /** The layer as a module of one output, which depends on the last states as well. */
  class Whole extends Module {
    readonly layer: RNN | LSTM | GRU;

    constructor(layer: RNN | LSTM | GRU) {
      super();
      this.layer = layer;
    }

    override forward(x: Tensor): Tensor {
      const [output, states] = (this.layer as LSTM).forward(x);
      return [states].flat().reduce((sum: Tensor, state: Tensor) => sum.add(state.sum()), output);
    }
  }

  const names = (suffixes: readonly string[]) =>
    suffixes.flatMap((suffix) => ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((name) => `layer.${name}_${suffix}`));

  test('RNN', async () => {
    await checkModule({
      make: () => new Whole(new RNN(3, 4)),
      inputs: () => [input(3, 2, 3)],
      outputShape: [3, 2, 4],
      parameterCount: 4 * 9,
      names: names(['l0']),
    });
  });

  test('LSTM', async () => {
    await checkModule({
      make: () => new Whole(new LSTM(3, 4, { num_layers: 2, bidirectional: true, dropout: 0.5 })),
      inputs: () => [input(3, 2, 3)],
      outputShape: [3, 2, 8],
      parameterCount: 2 * 16 * (3 + 4 + 2) + 2 * 16 * (8 + 4 + 2),
      names: names(['l0', 'l0_reverse', 'l1', 'l1_reverse']),
    });
  });

  test('GRU', async () => {
    await checkModule({
      make: () => new Whole(new GRU(3, 4, { batch_first: true })),
      inputs: () => [input(2, 3, 3)],
      outputShape: [2, 3, 4],
      parameterCount: 12 * 9,
      names: names(['l0']),
    });
  });

  test.each([
    ['RNNCell', () => new RNNCell(3, 4), 1],
    ['GRUCell', () => new GRUCell(3, 4), 3],
  ] as const)('%s', async (_name, make, gates) => {
    const shared = { inputs: () => [input(2, 3), randn([2, 4], { key: [5, 6] })], outputShape: [2, 4] };
    const cellNames = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'];
    await checkModule({ ...shared, make, parameterCount: gates * 4 * 9, names: cellNames });
  });
});

describe('recurrent layers', () => {
  test('begin with all weights spread evenly over ±1/√hidden_size', async () => {
    manualSeed(5);
    for (const parameter of new LSTM(30, 16).parameters()) {
      const content = await numbers(parameter);
      expect(Math.max(...content.map(Math.abs))).toBeLessThanOrEqual(0.25);
      expect(content.reduce((sum, x) => sum + x * x, 0) / content.length).toBeCloseTo(0.25 ** 2 / 3, 2);
    }
  });

  test('drop only between layers, while training', async () => {
    const layer = new LSTM(3, 4, { num_layers: 2, dropout: 1 });
    const [one, other] = [input(3, 2, 3), ones([3, 2, 3])].map((x) => layer.forward(x)[0]);
    // All that the second layer sees is dropped, and nothing of what it gives.
    expect(await numbers(one!)).toEqual(await numbers(other!));
    expect((await numbers(one!)).every((y) => y !== 0)).toBe(true);
    layer.eval();
    expect(await numbers(layer.forward(input(3, 2, 3))[0])).not.toEqual(await numbers(one!));
  });

  test('do not look at what follows the end of a packed sequence', async () => {
    const layer = new GRU(3, 4, { bidirectional: true, batch_first: true });
    const x = await numbers(input(2, 4, 3));
    const of = (content: readonly number[]) => {
      const packed = pack_padded_sequence(tensor(content, { shape: [2, 4, 3] }), [4, 2], { batch_first: true });
      const [output, h] = layer.forward(packed);
      return [pad_packed_sequence(output, { batch_first: true })[0], h];
    };
    const spoilt = x.map((number, i) => (i >= 18 ? Number.NaN : number));
    for (const [i, y] of of(spoilt).entries()) expect(await numbers(y)).toEqual(await numbers(of(x)[i]!));
  });

  test('go over other lengths with the same program', async () => {
    const compiled = () => memory().cache.compiled;
    const before = compiled();
    const layer = new LSTM(3, 4, { num_layers: 2 });
    for (const [T, B] of [
      [3, 2],
      [7, 2],
      [5, 4],
    ] as const) {
      layer.zeroGrad();
      const loss = layer
        .forward(input(T, B, 3))[0]
        .square()
        .mean();
      loss.backward();
      await evaluate([loss, ...layer.parameters().map((parameter) => parameter.grad!)]);
    }
    expect(compiled() - before).toBe(1);
  });

  test('keep nothing for a gradient under noGrad, and give the same', async () => {
    const layer = new LSTM(3, 4);
    const x = input(3, 2, 3);
    expect(await numbers(noGrad(() => layer.forward(x)[0]))).toEqual(await numbers(layer.forward(x)[0]));
  });

  test('say what does not fit', () => {
    const layer = new LSTM(3, 4, { bidirectional: true });
    const messages = [
      () => new LSTM(3, 0),
      () => new GRU(3.5, 4),
      () => new LSTM(3, 4, { proj_size: 4 }),
      () => new LSTM(3, 4, { num_layers: 0 }),
      () => new LSTM(3, 4, { dropout: 2 }),
      () => new RNN(3, 4, { nonlinearity: 'gelu' as 'relu' }),
      () => layer.forward(zeros([5, 2, 4])),
      () => layer.forward(zeros([3])),
      () => layer.forward(pack_padded_sequence(zeros([5, 2, 4]), [5, 5])),
      () => layer.forward(zeros([5, 2, 3]), [zeros([2, 2, 4]), zeros([1, 2, 4])]),
      () => new GRUCell(3, 4).forward(zeros([2, 4])),
      () => new LSTMCell(3, 4).forward(zeros([2, 3]), [zeros([2, 4]), zeros([2, 3])]),
    ].map((wrong) => {
      try {
        return wrong();
      } catch (error) {
        return String(error).split('\n')[0];
      }
    });
    expect(messages.join('\n')).toMatchInlineSnapshot(`
      "ConfigError: LSTM: hidden_size is 0; it must be a whole number from 1.
      ConfigError: GRU: input_size is 3.5; it must be a whole number from 1.
      ConfigError: LSTM: proj_size is 4; it must be from 0 to 3.
      ConfigError: LSTM: num_layers is 0; it must be a whole number from 1.
      ConfigError: LSTM: dropout is 2; it must be from 0 to 1.
      ConfigError: RNN: nonlinearity is gelu; it must be tanh or relu.
      ShapeError: LSTM: input is [5, 2, 4]; it must be [T, B, C] or [T, C] with C = 3.
      ShapeError: LSTM: input is [3]; it must be [T, B, C] or [T, C] with C = 3.
      ShapeError: LSTM: input is [10, 4]; it must be [N, C] when packed with C = 3.
      ShapeError: LSTM: c_0 is [1, 2, 4]; it must be [2, 2, 4]: layers times directions, batch, size.
      ShapeError: GRUCell: input is [2, 4]; it must be [B, C] or [C] with C = 3.
      ShapeError: LSTMCell: a state is [2, 3]; it must be [2, 4]."
    `);
  });
});
