// The floor of train-step.bench.ts: its matrix products and nothing else, on the runtime that qkv trains with.
//
// Products that are run one by one have cold caches, and take longer together than the whole step. So they are chained as
// in the step, with everything between them taken out: a product's result is the next one's operand, and a reshape, which
// moves nothing, stands where the step splits heads or transposes. The backward pass likewise: the three gradients that a
// layer hands down (by query, key and value) feed three different products of the layer below, so that none is idle and
// no sum is needed. Shapes, operand layouts and counts are the step's; the numbers mean nothing, but stay of size one.
import { encodeModel, type OnnxGraph, type OnnxNode } from '../../src/onnx/index.ts';
import { openRuntime } from '../../src/runtime/index.ts';
import { serve, timed } from '../harness/serve.ts';
import { filled } from './fill.ts';

interface Sizes {
  rows: number;
  tokens: number;
  hidden_size: number;
  num_attention_heads: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_labels: number;
  steps_per_turn: number;
}

type Shape = readonly number[];

/** The graph's inputs with their shapes and deviations, and its outputs with their shapes. */
class Products {
  readonly inputs = new Map<string, { readonly shape: Shape; readonly deviation: number }>();
  readonly outputs = new Map<string, Shape>();
  readonly #nodes: OnnxNode[] = [];
  readonly #shapes = new Map<string, Shape>();
  readonly #constants = new Map<string, Shape>();

  constructor(sizes: Sizes) {
    const { rows: B, tokens: T, hidden_size: C, num_attention_heads: H, intermediate_size: F } = sizes;
    const [M, D] = [B * T, C / H];
    const flat = [M, C];
    const heads = [B, H, T, D];
    const turned = [B, H, D, T];
    let x = this.#input('x', [M, C], 1);
    const kept: Record<'x' | 'q' | 'k' | 'v' | 's' | 'c' | 'o' | 'f', string>[] = [];
    for (let i = 0; i < sizes.num_hidden_layers; i++) {
      const w = {
        q: this.#input(`Wq${i}`, [C, C], C ** -0.5),
        k: this.#input(`Wk${i}`, [C, C], (C * D * T) ** -0.5),
        v: this.#input(`Wv${i}`, [C, C], C ** -0.5),
        o: this.#input(`Wo${i}`, [C, C], C ** -0.5),
        1: this.#input(`W1${i}`, [F, C], C ** -0.5),
        2: this.#input(`W2${i}`, [C, F], F ** -0.5),
      };
      const q = this.#reshape(this.#forward(`q${i}`, x, w.q), heads);
      const k = this.#reshape(this.#forward(`k${i}`, x, w.k), turned);
      const v = this.#reshape(this.#forward(`v${i}`, x, w.v), heads);
      const s = this.#matmul(`s${i}`, q, k);
      const c = this.#reshape(this.#matmul(`c${i}`, s, v), flat);
      const o = this.#forward(`o${i}`, c, w.o);
      const f = this.#forward(`f${i}`, o, w[1]);
      kept.push({ x, q, k, v, s, c, o, f });
      x = this.#forward(`x${i}`, f, w[2]);
    }
    const pooled = this.#input('pooled', [B, C], 1);
    const slope = this.#input('slope', [B, sizes.num_labels], 1);
    const head = this.#input('head', [sizes.num_labels, C], C ** -0.5);
    this.#output(this.#forward('logits', pooled, head));
    this.#output(this.#weightGradient('dhead', slope, pooled));
    this.#output(this.#inputGradient('dpooled', slope, head));
    let [g1, g2, g3] = [x, x, x];
    for (let i = sizes.num_hidden_layers - 1; i >= 0; i--) {
      const { x, q, k, v, s, c, o, f } = kept[i]!;
      this.#output(this.#weightGradient(`dW2${i}`, g2, f));
      const df = this.#inputGradient(`df${i}`, g1, `W2${i}`);
      this.#output(this.#weightGradient(`dW1${i}`, df, o));
      const dO = this.#inputGradient(`do${i}`, df, `W1${i}`);
      this.#output(this.#weightGradient(`dWo${i}`, dO, c));
      const dc = this.#reshape(this.#inputGradient(`dc${i}`, g3, `Wo${i}`), heads);
      const ds = this.#matmul(`ds${i}`, dc, this.#reshape(v, turned));
      const dv = this.#reshape(this.#matmul(`dv${i}`, s, dc), flat);
      const dq = this.#reshape(this.#matmul(`dq${i}`, ds, this.#reshape(k, heads)), flat);
      const dk = this.#reshape(this.#matmul(`dk${i}`, ds, q), flat);
      for (const [name, d] of [
        ['q', dq],
        ['k', dk],
        ['v', dv],
      ] as const)
        this.#output(this.#weightGradient(`dW${name}${i}`, d, x));
      g1 = this.#inputGradient(`gq${i}`, dq, `Wq${i}`);
      g2 = this.#inputGradient(`gk${i}`, dk, `Wk${i}`);
      g3 = this.#inputGradient(`gv${i}`, dv, `Wv${i}`);
    }
    for (const g of [g1, g2, g3]) this.#output(g);
  }

  get graph(): OnnxGraph {
    const info = (name: string, shape: Shape) => ({ name, dtype: 'float32', shape }) as const;
    return {
      name: 'products',
      nodes: this.#nodes,
      initializers: Array.from(this.#constants, ([name, shape]) => ({
        name,
        dtype: 'int64',
        shape: [shape.length],
        data: BigInt64Array.from(shape, BigInt),
      })),
      inputs: Array.from(this.inputs, ([name, { shape }]) => info(name, shape)),
      outputs: Array.from(this.outputs, ([name, shape]) => info(name, shape)),
    };
  }

  #input(name: string, shape: Shape, deviation: number): string {
    this.inputs.set(name, { shape, deviation });
    this.#shapes.set(name, shape);
    return name;
  }

  #output(name: string): void {
    this.outputs.set(name, this.#shapes.get(name)!);
  }

  /** x·Wᵀ: a linear layer, its weight as the checkpoint has it. */
  #forward(name: string, x: string, weight: string): string {
    return this.#gemm(name, x, weight, [this.#shapes.get(x)![0]!, this.#shapes.get(weight)![0]!], { transB: { int: 1 } });
  }

  /** g·W. */
  #inputGradient(name: string, g: string, weight: string): string {
    return this.#gemm(name, g, weight, [this.#shapes.get(g)![0]!, this.#shapes.get(weight)![1]!], {});
  }

  /** gᵀ·x. */
  #weightGradient(name: string, g: string, x: string): string {
    return this.#gemm(name, g, x, [this.#shapes.get(g)![1]!, this.#shapes.get(x)![1]!], { transA: { int: 1 } });
  }

  #gemm(name: string, a: string, b: string, shape: Shape, attributes: NonNullable<OnnxNode['attributes']>): string {
    return this.#node('Gemm', name, [a, b], shape, attributes);
  }

  #matmul(name: string, a: string, b: string): string {
    return this.#node('MatMul', name, [a, b], [...this.#shapes.get(a)!.slice(0, -1), this.#shapes.get(b)!.at(-1)!]);
  }

  #reshape(x: string, shape: Shape): string {
    const constant = `shape ${shape.join('×')}`;
    this.#constants.set(constant, shape);
    return this.#node('Reshape', `${x} as ${shape.join('×')}`, [x, constant], shape);
  }

  #node(opType: string, name: string, inputs: string[], shape: Shape, attributes?: OnnxNode['attributes']): string {
    if (this.#shapes.has(name)) return name;
    this.#nodes.push({ opType, inputs, outputs: [name], ...(attributes ? { attributes } : {}) });
    this.#shapes.set(name, shape);
    return name;
  }
}

await serve<Sizes>(async (sizes, threads) => {
  const runtime = await openRuntime({ device: 'cpu', threads });
  const products = new Products(sizes);
  const program = await runtime.compile(encodeModel(products.graph), {
    inputs: [...products.inputs.keys()],
    outputs: [...products.outputs.keys()],
  });
  const bind = (shape: Shape) => ({
    buffer: runtime.allocate(
      'float32',
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
  });
  const inputs = Array.from(products.inputs, ([name, { shape, deviation }]) => {
    const bound = bind(shape);
    const scale = deviation * Math.sqrt(3);
    runtime.write(
      bound.buffer,
      filled(name, bound.buffer.length).map((x) => x * scale),
    );
    return bound;
  });
  const outputs = Array.from(products.outputs.values(), bind);
  const step = () => program.run(inputs, outputs);
  await step();
  for (const { buffer } of outputs) {
    const values = (await runtime.read(buffer)) as Float32Array;
    // Denormal, infinite or undefined numbers would be computed at another speed.
    const size = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    if (!(size > 1e-3 && size < 1e5)) throw new Error(`products: an output has the size ${size}; the chain is scaled wrongly.`);
  }
  return {
    versions: { [runtime.name]: runtime.version },
    run: () => timed(sizes.steps_per_turn, step),
    done: () => runtime.dispose(),
  };
});
