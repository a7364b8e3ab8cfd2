// TensorFlow.js on its WASM backend: the step of bert-mini.ts. That backend has no threads in Node, and no kernel for the
// gradient of a gather, so that is written with scatterND here. Its fast matrix product takes neither factor transposed, but
// the gradient of matMul asks for that, so `product` says its own with copies: about five times as fast.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { npmFolder } from '../harness/places.ts';
import { serve, timed } from '../harness/serve.ts';
import { filledIntegers, initialWeights } from './fill.ts';
import { parameterShapes } from './parameter-shapes.ts';
import type { Workload } from './workload.ts';

/** A tensor of TensorFlow.js, of which only this is used here. */
interface Tensor {
  readonly shape: readonly number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

type Weights = Readonly<Record<string, Tensor>>;

/** The functions of TensorFlow.js that a step needs. */
interface TensorFlow {
  readonly version: { readonly tfjs: string };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tidy<T>(f: () => T): T;
  keep(x: Tensor): Tensor;
  tensor(data: Float32Array | readonly number[], shape: readonly number[], dtype?: 'int32' | 'float32'): Tensor;
  scalar(value: number): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor | number): Tensor;
  div(a: Tensor, b: Tensor): Tensor;
  sqrt(x: Tensor): Tensor;
  rsqrt(x: Tensor): Tensor;
  square(x: Tensor): Tensor;
  erf(x: Tensor): Tensor;
  neg(x: Tensor): Tensor;
  mean(x: Tensor, axis?: number, keepDims?: boolean): Tensor;
  sum(x: Tensor, axis?: number): Tensor;
  softmax(x: Tensor): Tensor;
  logSoftmax(x: Tensor): Tensor;
  oneHot(ids: Tensor, depth: number): Tensor;
  gather(x: Tensor, ids: Tensor): Tensor;
  scatterND(indices: Tensor, updates: Tensor, shape: readonly number[]): Tensor;
  slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, order?: readonly number[]): Tensor;
  customGrad<A extends readonly Tensor[]>(
    f: (...inputs: [...A, save: (tensors: readonly Tensor[]) => void]) => {
      value: Tensor;
      gradFunc: (g: Tensor, saved: readonly Tensor[]) => readonly Tensor[];
    },
  ): (...inputs: A) => Tensor;
  variableGrads(f: () => Tensor): { value: Tensor; grads: Weights };
  variable(x: Tensor, trainable: boolean, name: string): Tensor & { assign(x: Tensor): void };
}

await serve<Workload>(async (workload) => {
  const load = createRequire(join(npmFolder, 'package.json'));
  const tf = load('@tensorflow/tfjs') as TensorFlow;
  load('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend('wasm'))) throw new Error('TensorFlow.js could not start its WASM backend');
  await tf.ready();
  const { rows: B, tokens: T, hidden_size: C, num_attention_heads: H, layer_norm_eps, num_labels, vocab_size } = workload;
  const weights = new Map(
    parameterShapes(workload).map(([name, shape]) => {
      const data = initialWeights(
        name,
        shape.reduce((a, b) => a * b),
      );
      return [name, tf.variable(tf.tensor(data, shape), true, name)] as const;
    }),
  );
  const weight = (name: string): Tensor => weights.get(name)!;
  const ids = tf.tensor(filledIntegers(`input_ids ${B}x${T}`, B * T, vocab_size), [B * T], 'int32');
  const places = tf.reshape(ids, [B * T, 1]);
  const labels = tf.oneHot(tf.tensor(filledIntegers(`labels ${B}x${T}`, B, num_labels), [B], 'int32'), num_labels);

  // x · weightᵀ
  const product = tf.customGrad<[x: Tensor, weight: Tensor]>((x, weight, save) => {
    save([x, weight]);
    return {
      value: tf.matMul(x, tf.transpose(weight)),
      gradFunc: (g, [x, weight]) => [tf.matMul(g, weight!), tf.matMul(tf.transpose(g), x!)],
    };
  });
  const linear = (x: Tensor, name: string) => tf.add(product(x, weight(`${name}.weight`)), weight(`${name}.bias`));
  const layerNorm = (x: Tensor, name: string) => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), tf.scalar(layer_norm_eps)));
    return tf.add(tf.mul(tf.mul(centred, scale), weight(`${name}.weight`)), weight(`${name}.bias`));
  };
  const gelu = (x: Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), tf.scalar(1)));
  const embedded = tf.customGrad<[table: Tensor]>((table) => ({
    value: tf.gather(table, ids),
    gradFunc: (g) => [tf.scatterND(places, g, [vocab_size, C])],
  }));
  const heads = (x: Tensor) => tf.transpose(tf.reshape(x, [B, T, H, C / H]), [0, 2, 1, 3]); // [B, H, T, D]
  const loss = (): Tensor => {
    const positions = tf.slice(weight('bert.embeddings.position_embeddings.weight'), [0, 0], [T, C]);
    const segment = tf.slice(weight('bert.embeddings.token_type_embeddings.weight'), [0, 0], [1, C]);
    const words = tf.reshape(embedded(weight('bert.embeddings.word_embeddings.weight')), [B, T, C]);
    const sum = tf.add(tf.add(words, positions), segment);
    let x = layerNorm(tf.reshape(sum, [B * T, C]), 'bert.embeddings.LayerNorm'); // [B·T, C]
    for (let i = 0; i < workload.num_hidden_layers; i++) {
      const layer = `bert.encoder.layer.${i}`;
      const [q, k, v] = ['query', 'key', 'value'].map((name) => heads(linear(x, `${layer}.attention.self.${name}`))) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const scores = tf.softmax(tf.matMul(tf.mul(q, 1 / Math.sqrt(C / H)), k, false, true));
      const mixed = tf.reshape(tf.transpose(tf.matMul(scores, v), [0, 2, 1, 3]), [B * T, C]);
      x = layerNorm(tf.add(x, linear(mixed, `${layer}.attention.output.dense`)), `${layer}.attention.output.LayerNorm`);
      const inner = gelu(linear(x, `${layer}.intermediate.dense`));
      x = layerNorm(tf.add(x, linear(inner, `${layer}.output.dense`)), `${layer}.output.LayerNorm`);
    }
    const logits = linear(tf.mean(tf.reshape(x, [B, T, C]), 1), 'classifier'); // [B, K]
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), labels), -1)));
  };

  const { lr, betas, eps, weight_decay } = workload;
  const moments = new Map(
    Array.from(weights, ([name, { shape }]) => {
      const zeros = () => tf.variable(tf.tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape), false, '');
      return [name, [zeros(), zeros()]] as const;
    }),
  );
  let count = 0;
  const step = async (): Promise<number> => {
    count++;
    const corrections = betas.map((beta) => 1 - beta ** count) as [number, number];
    const value = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss);
      for (const [name, own] of weights) {
        const g = grads[name]!;
        const [m, v] = moments.get(name)!;
        m!.assign(tf.add(tf.mul(m!, betas[0]), tf.mul(g, 1 - betas[0])));
        v!.assign(tf.add(tf.mul(v!, betas[1]), tf.mul(tf.square(g), 1 - betas[1])));
        const denominator = tf.add(tf.mul(tf.sqrt(v!), 1 / Math.sqrt(corrections[1])), tf.scalar(eps));
        const update = tf.mul(tf.div(m!, denominator), lr / corrections[0]);
        own.assign(tf.sub(tf.mul(own, 1 - lr * weight_decay), update));
      }
      return tf.keep(value);
    });
    const [number] = await value.data();
    value.dispose();
    return number!;
  };
  const check = [await step(), await step(), await step()];
  return { versions: { '@tensorflow/tfjs': tf.version.tfjs }, check, run: () => timed(workload.steps_per_turn, step) };
});
