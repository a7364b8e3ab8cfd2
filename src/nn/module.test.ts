import { describe, expect, test } from 'vitest';
import { evaluate, memory, ones, Tensor, tensor } from '../tensor/index.ts';
import { Dropout, GELU, Linear, Module, Parameter, Sequential } from './index.ts';

class Block extends Module {
  readonly dense: Linear;
  readonly layers: readonly Linear[];
  readonly scale: Parameter;
  readonly steps = 3;
  readonly table = ones([2]);

  constructor() {
    super();
    this.dense = new Linear(2, 2);
    this.layers = [new Linear(2, 2, { bias: false }), new Linear(2, 2, { bias: false })];
    this.scale = new Parameter(tensor([1, 1]));
  }

  override forward(x: Tensor): Tensor {
    let y = this.dense.forward(x);
    for (const layer of this.layers) y = layer.forward(y);
    return y.mul(this.scale).mul(this.table);
  }
}

const names = (module: Module) => [...module.namedParameters()].map(([name]) => name);

describe('a module', () => {
  test('is its fields: parameters, buffers, modules, and arrays of them', () => {
    const block = new Block();
    expect(names(block)).toEqual(['scale', 'dense.weight', 'dense.bias', 'layers.0.weight', 'layers.1.weight']);
    expect([...block.namedTensors()].map(([name]) => name)).toContain('table');
    expect([...block.namedModules()].map(([name]) => name)).toEqual(['', 'dense', 'layers.0', 'layers.1']);
    expect(block.parameterCount()).toBe(2 + 6 + 8);
  });

  test('lists a shared parameter once among parameters and under both names in the state', async () => {
    class Tied extends Module {
      readonly encoder = new Linear(2, 2, { bias: false });
      readonly decoder: { readonly weight: Parameter } & Module;
      constructor() {
        super();
        this.decoder = new Linear(2, 2, { bias: false });
        Object.assign(this.decoder, { weight: this.encoder.weight });
      }
      override forward(x: Tensor): Tensor {
        return this.encoder.forward(x);
      }
    }
    const tied = new Tied();
    expect(names(tied)).toEqual(['encoder.weight']);
    expect([...(await tied.stateDict()).keys()]).toEqual(['encoder.weight', 'decoder.weight']);
  });

  test('freezes and thaws by path', async () => {
    const block = new Block();
    block.freeze(/^layers\./);
    expect(block.parameterCount({ trainable: true })).toBe(8);
    expect(block.parameterCount()).toBe(16);
    block
      .forward(ones([1, 2]))
      .sum()
      .backward();
    expect(block.parameters().map(({ grad }) => grad !== null)).toEqual([true, true, true, false, false]);
    block.unfreeze();
    expect(block.parameterCount({ trainable: true })).toBe(16);
    block.zeroGrad();
    expect(block.parameters().every(({ grad }) => grad === null)).toBe(true);
    expect(() => block.freeze(/^head/)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Block: no parameter's path matches /^head/; the first is scale.]`,
    );
  });

  test('disposes of everything below', async () => {
    const start = memory().buffers;
    const wide = new Sequential(new Linear(8, 8), new GELU(), new Linear(8, 8));
    const loss = wide.forward(ones([2, 8])).sum();
    loss.backward();
    await evaluate([loss, ...wide.parameters().map(({ grad }) => grad!)]);
    expect(memory().buffers).toBeGreaterThan(start);
    loss.dispose();
    wide.dispose();
    expect(memory().buffers).toBe(start);
    expect(() => wide.forward(ones([2, 8]))).toThrow(/it was disposed/);
  });
});

describe('hooks', () => {
  test('see arguments and output, in the order in which they came, until they are removed', async () => {
    const layer = new Linear(2, 2);
    const calls: string[] = [];
    const before = layer.registerForwardPreHook((module, [x]) => {
      calls.push(`before ${module === layer} ${x.shape}`);
      return undefined;
    });
    const hook = (_module: Linear, _args: unknown, y: Tensor) => {
      calls.push(`after ${y.shape}`);
      return undefined;
    };
    const [first, second] = [layer.registerForwardHook(hook), layer.registerForwardHook(hook)];
    layer.forward(ones([3, 2]));
    expect(calls.splice(0)).toEqual(['before true 3,2', 'after 3,2', 'after 3,2']);
    first.remove();
    first.remove();
    layer.forward(ones([1, 2]));
    expect(calls.splice(0)).toEqual(['before true 1,2', 'after 1,2']);
    before.remove();
    second.remove();
    layer.forward(ones([1, 2]));
    expect(calls).toEqual([]);
    expect([...(await layer.stateDict()).keys()]).toEqual(['weight', 'bias']);
  });

  test('put other arguments and another output in their place, wherever the module is called from', async () => {
    const inner = new Linear(2, 2, { bias: false });
    const model = new Sequential(inner);
    const x = ones([1, 2]);
    const plain = model.forward(x.mul(3)).mul(2).add(1);
    inner.registerForwardPreHook((_module, [given]) => [given.mul(3)]);
    inner.registerForwardHook((_module, [given], y) => y.mul(2).add(given.mean().sub(2)));
    const y = model.forward(x);
    y.sum().backward();
    await evaluate([plain, y]);
    expect(await y.toArray()).toEqual(await plain.toArray());
    expect(await inner.weight.grad!.toArray()).toEqual([
      [6, 6],
      [6, 6],
    ]);
  });

  test('that fail name the module', () => {
    const model = new Sequential(new Linear(2, 2));
    model[0]!.registerForwardHook(() => ones([2]).add(ones([3])));
    expect(() => model.forward(ones([1, 2]))).toThrow(/at 0$/);
  });
});

describe('a walk over modules', () => {
  test('calls a function with those below first', () => {
    const seen: string[] = [];
    const block = new Block();
    expect(block.apply((module) => seen.push(module.constructor.name))).toBe(block);
    expect(seen).toEqual(['Linear', 'Linear', 'Linear', 'Block']);
  });

  test('tells buffers from parameters', () => {
    expect([...new Block().namedBuffers()].map(([name]) => name)).toEqual(['table']);
  });
});

describe('errors', () => {
  test('name the path of the module in which they arose, once', () => {
    class Model extends Module {
      readonly encoder = new Sequential(new Linear(2, 3), new Sequential(new Dropout(0.1), new Linear(4, 2)));
      override forward(x: Tensor): Tensor {
        return this.encoder.forward(x);
      }
    }
    expect(() => new Model().forward(ones([1, 2]))).toThrowErrorMatchingInlineSnapshot(`
      [ShapeError: linear: x is [1, 3] and weight is [2, 4]; the last axis of x (3) must equal the last of weight (4).
        at encoder.1.1]
    `);
    expect(() => new Linear(2, 2).forward(ones([3]))).toThrow(/must equal the last of weight \(2\)\.$/);
  });
});

describe('a state dict', () => {
  test('loads whole or not at all', async () => {
    const [from, to] = [new Block(), new Block()];
    const state = await from.stateDict();
    const before = await to.dense.weight.toArray();
    const missing = new Map(state);
    missing.delete('layers.1.weight');
    missing.set('layers.1.wieght', state.get('layers.1.weight')!);
    expect(() => to.loadStateDict(missing)).toThrowErrorMatchingInlineSnapshot(
      `[MissingWeightError: Block: no weight for layers.1.weight. The checkpoint has 6 weights, 1 unused: layers.1.wieght, …; load with { strict: false } to leave what is missing at its initial value.]`,
    );
    const wrong = new Map(state).set('dense.weight', { dtype: 'float32', shape: [3, 2], data: new Float32Array(6) });
    expect(() => to.loadStateDict(wrong)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: Block: dense.weight is [3, 2] in the checkpoint; the model needs [2, 2]. Does the config belong to this checkpoint?]`,
    );
    expect(await to.dense.weight.toArray()).toEqual(before);
    expect(to.loadStateDict(missing, { strict: false })).toEqual({
      missing: ['layers.1.weight'],
      unexpected: ['layers.1.wieght'],
    });
    expect(await to.dense.weight.toArray()).toEqual(await from.dense.weight.toArray());
  });
});

describe('Parameter', () => {
  test('takes another content of its shape that was made from data', async () => {
    const parameter = new Parameter(tensor([1, 2]));
    expect([parameter.requiresGrad, new Parameter(tensor([1]), { requiresGrad: false }).requiresGrad]).toEqual([true, false]);
    parameter.reset(tensor([5, 6]));
    expect(await parameter.toArray()).toEqual([5, 6]);
    expect(() => parameter.reset(tensor([1]))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: reset: the new content is [1]; the parameter is [2].]`,
    );
    expect(() => parameter.reset(tensor([1, 2]).add(1))).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: reset: the new content was not made from data; give what an initialiser or tensor() made.]`,
    );
    expect(new Parameter(tensor([1])) instanceof Tensor).toBe(true);
  });
});
