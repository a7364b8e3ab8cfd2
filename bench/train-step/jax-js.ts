// jax-js on its WASM backend: the step of bert-mini.ts, compiled as one function by its `jit`.
import { resolveObjectURL } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { npmFolder } from '../harness/places.ts';
import { serve, timed } from '../harness/serve.ts';
import { filledIntegers, initialWeights } from './fill.ts';
import { parameterShapes } from './parameter-shapes.ts';
import type { Workload } from './workload.ts';

/** An array of jax-js, of which only this is used here. Whatever takes an array frees it, unless `ref` is passed. */
interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray | number): JaxArray;
  neg(): JaxArray;
  mean(axis?: number, options?: { keepdims: boolean }): JaxArray;
  sum(axis?: number): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  transpose(order?: readonly number[]): JaxArray;
  slice(...ranges: readonly (readonly number[])[]): JaxArray;
  data(): Promise<Float32Array>;
}

type Arrays = Readonly<Record<string, JaxArray>>;
/** The functions of jax-js that a step needs. */
interface Jax {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): void;
  jit<A extends readonly unknown[], R>(f: (...args: A) => R): (...args: A) => R;
  valueAndGrad(f: (parameters: Arrays) => JaxArray): (parameters: Arrays) => readonly [loss: JaxArray, gradients: Arrays];
  vjp(
    f: (x: JaxArray) => JaxArray,
    at: readonly [JaxArray],
  ): readonly [y: JaxArray, back: ((g: JaxArray) => readonly [JaxArray]) & { dispose(): void }];
  blockUntilReady(arrays: unknown): Promise<unknown>;
  readonly nn: {
    softmax(x: JaxArray): JaxArray;
    logSoftmax(x: JaxArray): JaxArray;
    oneHot(ids: JaxArray, classes: number): JaxArray;
  };
  readonly numpy: {
    readonly int32: unknown;
    array(data: Float32Array | readonly number[], options?: { shape?: readonly number[]; dtype?: unknown }): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    square(x: JaxArray): JaxArray;
    take(table: JaxArray, ids: JaxArray, axis: number): JaxArray;
  };
  readonly scipySpecial: { erf(x: JaxArray): JaxArray };
}

/** jax-js starts its threads as a browser does, from an address of a text; Node has no such Worker. */
class BrowserWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((error: Error) => void) | null = null;
  readonly #worker: Promise<Worker>;

  constructor(address: string) {
    this.#worker = resolveObjectURL(address)!
      .text()
      .then((source) => {
        const around = `const { parentPort } = require('node:worker_threads');
          globalThis.self = globalThis;
          globalThis.postMessage = (data) => parentPort.postMessage(data);
          parentPort.on('message', (data) => self.onmessage({ data }));`;
        const worker = new Worker(`${around}\n${source}`, { eval: true });
        worker.on('message', (data) => this.onmessage?.({ data }));
        worker.on('error', (error: Error) => this.onerror?.(error));
        return worker;
      });
  }

  postMessage(data: unknown): void {
    void this.#worker.then((worker) => worker.postMessage(data));
  }
}

const jaxFolder = join(npmFolder, 'node_modules', '@jax-js', 'jax');

async function loadJax(threads: number): Promise<Jax> {
  Object.assign(globalThis, { Worker: BrowserWorker });
  // Its number of threads.
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: threads } });
  const jax = (await import(pathToFileURL(join(jaxFolder, 'dist', 'index.js')).href)) as Jax;
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  return jax;
}

await serve<Workload>(async (workload, threads) => {
  const jax = await loadJax(threads);
  const { nn, numpy: np } = jax;
  const { rows: B, tokens: T, hidden_size: C, num_attention_heads: H, layer_norm_eps, num_labels, vocab_size } = workload;
  const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b);
  const made = (fill: (name: string, size: number) => Float32Array): Arrays =>
    Object.fromEntries(
      parameterShapes(workload).map(([name, shape]) => [name, np.array(fill(name, sizeOf(shape)), { shape })]),
    );
  const ids = np.array(filledIntegers(`input_ids ${B}x${T}`, B * T, vocab_size), { dtype: np.int32 });
  const labels = nn.oneHot(np.array(filledIntegers(`labels ${B}x${T}`, B, num_labels), { dtype: np.int32 }), num_labels);

  // Compiling fails where a scatter is in it, the gradient of a gather ("routine primitive scatter input is not imm"), so both
  // are done outside, and `lossOf` takes the rows that were gathered in the table's place.
  const table = 'bert.embeddings.word_embeddings.weight';
  const lossOf = (parameters: Arrays): JaxArray => {
    const weight = (name: string) => parameters[name]!.ref;
    const linear = (x: JaxArray, name: string) =>
      np.matmul(x, weight(`${name}.weight`).transpose()).add(weight(`${name}.bias`));
    const layerNorm = (x: JaxArray, name: string) => {
      const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
      const deviation = np.sqrt(np.square(centred.ref).mean(-1, { keepdims: true }).add(layer_norm_eps));
      return centred
        .div(deviation)
        .mul(weight(`${name}.weight`))
        .add(weight(`${name}.bias`));
    };
    const gelu = (x: JaxArray) => x.ref.mul(0.5).mul(jax.scipySpecial.erf(x.mul(Math.SQRT1_2)).add(1));
    const heads = (x: JaxArray) => x.reshape([B, T, H, C / H]).transpose([0, 2, 1, 3]); // [B, H, T, D]
    const words = weight(table).reshape([B, T, C]);
    const positions = weight('bert.embeddings.position_embeddings.weight').slice([0, T]);
    const segment = weight('bert.embeddings.token_type_embeddings.weight').slice([0, 1]);
    let x = layerNorm(
      words
        .add(positions)
        .add(segment)
        .reshape([B * T, C]),
      'bert.embeddings.LayerNorm',
    ); // [B·T, C]
    for (let i = 0; i < workload.num_hidden_layers; i++) {
      const layer = `bert.encoder.layer.${i}`;
      const projected = (name: string) => heads(linear(x.ref, `${layer}.attention.self.${name}`));
      const scores = np.matmul(projected('query').mul(1 / Math.sqrt(C / H)), projected('key').transpose([0, 1, 3, 2]));
      const mixed = np
        .matmul(nn.softmax(scores), projected('value'))
        .transpose([0, 2, 1, 3])
        .reshape([B * T, C]);
      x = layerNorm(x.add(linear(mixed, `${layer}.attention.output.dense`)), `${layer}.attention.output.LayerNorm`);
      const inner = gelu(linear(x.ref, `${layer}.intermediate.dense`));
      x = layerNorm(x.add(linear(inner, `${layer}.output.dense`)), `${layer}.output.LayerNorm`);
    }
    const logits = linear(x.reshape([B, T, C]).mean(1), 'classifier'); // [B, K]
    return nn.logSoftmax(logits).mul(labels.ref).sum(-1).mean().neg();
  };

  const lossAndGradients = jax.jit(jax.valueAndGrad(lossOf));
  const { lr, betas, eps, weight_decay } = workload;
  const updated = jax.jit((parameters: Arrays, gradients: Arrays, m: Arrays, v: Arrays, corrections: readonly JaxArray[]) => {
    const nextM = mapped(gradients, (g, name) => m[name]!.mul(betas[0]).add(g.ref.mul(1 - betas[0])));
    const nextV = mapped(gradients, (g, name) => v[name]!.mul(betas[1]).add(np.square(g).mul(1 - betas[1])));
    const next = mapped(parameters, (x, name) => {
      const denominator = np.sqrt(nextV[name]!.ref.div(corrections[1]!.ref)).add(eps);
      const update = nextM[name]!.ref.div(corrections[0]!.ref).div(denominator);
      return x.mul(1 - lr * weight_decay).sub(update.mul(lr));
    });
    return [next, nextM, nextV] as const;
  });
  const zeros = () => made((_, size) => new Float32Array(size));
  let [parameters, m, v] = [made(initialWeights), zeros(), zeros()];
  let count = 0;
  const step = async (): Promise<number> => {
    count++;
    const corrections = betas.map((beta) => np.array([1 - beta ** count]));
    const [words, scattered] = jax.vjp((rows) => np.take(rows, ids.ref, 0), [parameters[table]!.ref]);
    const [loss, gradients] = lossAndGradients({ ...mapped(parameters, (x) => x.ref), [table]: words });
    const [tableGradient] = scattered(gradients[table]!);
    scattered.dispose();
    [parameters, m, v] = updated(parameters, { ...gradients, [table]: tableGradient }, m, v, corrections);
    await jax.blockUntilReady([parameters, m, v]);
    return (await loss.data())[0]!;
  };
  const check = [await step(), await step(), await step()];
  const { version } = JSON.parse(readFileSync(join(jaxFolder, 'package.json'), 'utf8')) as { version: string };
  return { versions: { '@jax-js/jax': version }, check, run: () => timed(workload.steps_per_turn, step) };
});

function mapped(arrays: Arrays, f: (array: JaxArray, name: string) => JaxArray): Arrays {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, f(array, name)]));
}
