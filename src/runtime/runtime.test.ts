import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DType, newArray, type TypedArray } from '../core/index.ts';
import { encodeModel, type OnnxAttribute, type OnnxNode, type OnnxValueInfo } from '../onnx/proto.ts';
import { type Binding, openRuntime, type ProgramIO, probeRuntimes, type Runtime, type RuntimeBuffer } from './index.ts';
import { operatorsOfCpu } from './operators.ts';

type Model = [Uint8Array, ProgramIO];

/** A model from its nodes; the types of inputs and outputs are given, their shapes are not. */
function model(nodes: readonly OnnxNode[], inputs: Record<string, DType>, outputs: Record<string, DType>): Model {
  const info = (types: Record<string, DType>): OnnxValueInfo[] =>
    Object.entries(types).map(([name, dtype]) => ({ name, dtype }));
  const bytes = encodeModel({ name: 'test', nodes, initializers: [], inputs: info(inputs), outputs: info(outputs) });
  return [bytes, { inputs: Object.keys(inputs), outputs: Object.keys(outputs) }];
}

function node(
  opType: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, OnnxAttribute> = {},
  domain = '',
): OnnxNode {
  return { opType, domain, inputs, outputs, attributes };
}

const add = model([node('Add', ['a', 'b'], ['c'])], { a: 'float32', b: 'float32' }, { c: 'float32' });
const double = model([node('Add', ['a', 'a'], ['b'])], { a: 'float32' }, { b: 'float32' });

/** x times w, `count` times over: a run long enough to be interrupted. */
function products(count: number): Model {
  const names = ['x', ...Array.from({ length: count - 1 }, (_, i) => `t${i}`), 'y'];
  const nodes = names.slice(1).map((name, i) => node('MatMul', [names[i]!, 'w'], [name]));
  return model(nodes, { x: 'float32', w: 'float32' }, { y: 'float32' });
}

/** A failure with the words of the library underneath. */
const inItsWords = /^RuntimeError: (ort.* ONNX Runtime|openvino.* OpenVINO) [\d.]+ says: ./s;

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

/** The message of what a call throws, at once or later. */
async function failure(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    return String(error);
  }
  throw new Error('nothing was thrown');
}

for (const { name, device, availability } of await probeRuntimes()) {
  const skipped = availability.available ? '' : ` (${availability.reason})`;
  describe.skipIf(!availability.available)(`${name} on ${device}${skipped}`, () => {
    let runtime: Runtime;
    beforeAll(async () => {
      runtime = await openRuntime({ name, threads: 2 });
    });
    afterAll(() => runtime.dispose());

    function buffer(dtype: DType, values: readonly (number | bigint)[]): RuntimeBuffer {
      const made = runtime.allocate(dtype, values.length);
      const data = newArray(dtype, values.length);
      for (const [i, value] of values.entries()) data[i] = value;
      runtime.write(made, data);
      return made;
    }
    function bind(dtype: DType, values: readonly (number | bigint)[], shape: readonly number[] = [values.length]): Binding {
      return { buffer: buffer(dtype, values), shape };
    }
    function empty(dtype: DType, ...shape: number[]): Binding {
      return {
        buffer: runtime.allocate(
          dtype,
          shape.reduce((product, size) => product * size, 1),
        ),
        shape,
      };
    }
    /** Compiles, runs once, returns the first output and frees everything. */
    async function evaluate([bytes, io]: Model, inputs: readonly Binding[], outputs: readonly Binding[]): Promise<TypedArray> {
      using program = await runtime.compile(bytes, io);
      await program.run(inputs, outputs);
      const result = await runtime.read(outputs[0]!.buffer);
      for (const each of [...inputs, ...outputs]) each.buffer.dispose();
      return result;
    }

    test('says what it is', () => {
      expect(runtime).toMatchObject({ name, device, threads: 2, disposed: false });
      expect(runtime.version).toMatch(/^\d+\.\d+\.\d+/);
      expect(runtime.has('NoSuchOperator')).toBe(false);
      expect(runtime.has('Flatten')).toBe(false);
      expect(runtime.computes('bfloat16')).toBe(false);
    });

    test('runs a model under several shapes without compiling it again', async () => {
      using program = await runtime.compile(...add);
      using a = buffer('float32', [1, 2, 3, 4, 5, 6]);
      using b = buffer('float32', [10, 20, 30, 40, 50, 60]);
      using c = runtime.allocate('float32', 6);
      for (const shape of [[6], [2, 3], [3, 2], [1, 6, 1], [2, 3]]) {
        runtime.write(c, new Float32Array(6));
        const inputs = [a, b].map((each) => ({ buffer: each, shape }));
        await program.run(inputs, [{ buffer: c, shape }]);
        expect(await runtime.read(c)).toEqual(Float32Array.of(11, 22, 33, 44, 55, 66));
      }
    });

    test.for(['float32', 'float64', 'int64', 'int32'] as const)('computes in %s', async (dtype, { skip }) => {
      if (device === 'cpu' && !runtime.computes(dtype)) skip(`${name} computes ${dtype} by way of another type`);
      const value = (number: number): number | bigint => (dtype === 'int64' ? BigInt(number) : number);
      expect(runtime.computes(dtype)).toBe(true);
      const product = model(
        [node('MatMul', ['a', 'b'], ['m']), node('Add', ['m', 'm'], ['c'])],
        { a: dtype, b: dtype },
        { c: dtype },
      );
      const inputs = [bind(dtype, [1, 2, 3, 4].map(value), [2, 2]), bind(dtype, [5, 6, 7, 8].map(value), [2, 2])];
      expect([...(await evaluate(product, inputs, [empty(dtype, 2, 2)]))].map(Number)).toEqual([38, 44, 86, 100]);
    });

    test('carries 64-bit whole numbers', async ({ skip }) => {
      if (!runtime.computes('int64')) skip(`${name} computes int64 by way of int32`);
      const gather = model([node('Gather', ['x', 'i'], ['y'])], { x: 'int64', i: 'int64' }, { y: 'int64' });
      const big = 2n ** 62n + 1n;
      expect(await evaluate(gather, [bind('int64', [7n, big]), bind('int64', [1n, 0n, 1n])], [empty('int64', 3)])).toEqual(
        BigInt64Array.of(big, 7n, big),
      );
    });

    test('carries int64 of 32 bits, bool, 8-bit and 16-bit elements', async () => {
      const gather = model([node('Gather', ['x', 'i'], ['y'])], { x: 'int64', i: 'int64' }, { y: 'int64' });
      expect(await evaluate(gather, [bind('int64', [7n, -9n]), bind('int64', [1n, 0n, 1n])], [empty('int64', 3)])).toEqual(
        BigInt64Array.of(-9n, 7n, -9n),
      );
      const not = model([node('Not', ['x'], ['y'])], { x: 'bool' }, { y: 'bool' });
      expect(await evaluate(not, [bind('bool', [1, 0, 1])], [empty('bool', 3)])).toEqual(Uint8Array.of(0, 1, 0));
      for (const [from, to] of [
        ['int8', 6],
        ['uint8', 6],
        ['uint32', 6],
      ] as const) {
        const cast = model([node('Cast', ['x'], ['y'], { to: { int: to } })], { x: from }, { y: 'int32' });
        expect(await evaluate(cast, [bind(from, [1, 100])], [empty('int32', 2)])).toEqual(Int32Array.of(1, 100));
      }
      const widen = model([node('Cast', ['x'], ['y'], { to: { int: 1 } })], { x: 'float16' }, { y: 'float32' });
      expect(await evaluate(widen, [bind('float16', [0x3c00, 0xc100])], [empty('float32', 2)])).toEqual(
        Float32Array.of(1, -2.5),
      );
      const narrow = model([node('Cast', ['x'], ['y'], { to: { int: 10 } })], { x: 'float32' }, { y: 'float16' });
      expect(await evaluate(narrow, [bind('float32', [1, -2.5])], [empty('float16', 2)])).toEqual(
        Uint16Array.of(0x3c00, 0xc100),
      );
    });

    test('takes scalars', async () => {
      // Declared as such: OpenVINO wants to know how many axes there are, and cannot be told later that there are none.
      const scalar = (name: string) => ({ name, dtype: 'float32' as const, shape: [] });
      const nodes = [node('Add', ['a', 'b'], ['c'])];
      const sum = encodeModel({
        name: 'test',
        nodes,
        initializers: [],
        inputs: ['a', 'b'].map(scalar),
        outputs: [scalar('c')],
      });
      expect(await evaluate([sum, add[1]], [bind('float32', [2], []), bind('float32', [3], [])], [empty('float32')])).toEqual(
        Float32Array.of(5),
      );
    });

    test('takes weights that the model reads and does not hold', async () => {
      const scaled = [node('Mul', ['x', 'w'], ['s']), node('Add', ['s', 'b'], ['y'])];
      const [bytes, io] = model(scaled, { x: 'float32' }, { y: 'float32' });
      const data = Float32Array.of(9, 1, 2, 3);
      const weights = [
        { name: 'w', dtype: 'float32', shape: [3], data: data.subarray(1) },
        { name: 'b', dtype: 'float32', shape: [], data: Float32Array.of(10) },
      ] as const;
      using program = await runtime.compile(bytes, io, { weights });
      const y = empty('float32', 3);
      for (const factor of [1, 2]) {
        const x = bind('float32', [factor, factor, factor]);
        await program.run([x], [y]);
        expect(await runtime.read(y.buffer)).toEqual(Float32Array.of(10 + factor, 10 + 2 * factor, 10 + 3 * factor));
        x.buffer.dispose();
      }
      y.buffer.dispose();
    });

    test('copies runs of elements between buffers', async () => {
      using from = buffer('float32', [1, 2, 3, 4, 5, 6]);
      using to = buffer('float32', new Array(12).fill(0));
      const rows = (offset: number, stride: number) => ({ offset, stride });
      const copy = { from: { buffer: from, ...rows(0, 3) }, to: { buffer: to, ...rows(1, 6) }, count: 2, length: 3 };
      await runtime.copy([copy]);
      expect(await runtime.read(to)).toEqual(Float32Array.of(0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0));
      expect(await failure(() => runtime.copy([{ ...copy, to: { buffer: to, ...rows(4, 6) } }]))).toBe(
        'ShapeError: Runtime.copy: 2 runs of 3 elements, 6 apart, from 4 on, end at 13 in to, which has 12.',
      );
      using whole = buffer('int32', [1]);
      expect(await failure(() => runtime.copy([{ ...copy, from: { buffer: whole, ...rows(0, 3) } }]))).toBe(
        'DTypeError: Runtime.copy: from int32 to float32; both buffers must hold one type.',
      );
    });

    test('copies what a run that was asked for before gives', async () => {
      using program = await runtime.compile(...double);
      const [x, y, kept] = [bind('float32', [1, 2]), empty('float32', 2), buffer('float32', [0, 0])];
      const run = program.run([x], [y]);
      await runtime.copy([
        { from: { buffer: y.buffer, offset: 0, stride: 2 }, to: { buffer: kept, offset: 0, stride: 2 }, count: 1, length: 2 },
      ]);
      await run;
      expect(await runtime.read(kept)).toEqual(Float32Array.of(2, 4));
      for (const made of [x.buffer, y.buffer, kept]) made.dispose();
    });

    test('has Scan, a loop over the first axis', async ({ skip }) => {
      if (!runtime.has('Scan')) skip(`${name} has no Scan whose body reads names of the graph around it`);
      const body = {
        name: 'body',
        nodes: [node('Mul', ['block', 'factor'], ['scaled'])],
        initializers: [],
        inputs: [{ name: 'block', dtype: 'float32' as const }],
        outputs: [{ name: 'scaled', dtype: 'float32' as const, shape: ['n'] }],
      };
      const attributes = { body: { graph: body }, num_scan_inputs: { int: 1 } };
      const loop = model([node('Scan', ['x'], ['y'], attributes)], { x: 'float32', factor: 'float32' }, { y: 'float32' });
      const bindings = [bind('float32', [1, 2, 3, 4], [2, 2]), bind('float32', [10], [])];
      expect(await evaluate(loop, bindings, [empty('float32', 2, 2)])).toEqual(Float32Array.of(10, 20, 30, 40));
    });

    test('has Conv by kernels that are an input', async ({ skip }) => {
      if (!runtime.has('UnshapedConv')) skip(`${name} has no Conv whose kernels are computed`);
      const convolution = model([node('Conv', ['x', 'w'], ['y'])], { x: 'float32', w: 'float32' }, { y: 'float32' });
      const bindings = [bind('float32', [1, 2, 3, 4], [1, 1, 4]), bind('float32', [1, 10], [1, 1, 2])];
      expect(await evaluate(convolution, bindings, [empty('float32', 1, 1, 3)])).toEqual(Float32Array.of(21, 32, 43));
    });

    test('takes equal elements in the order they have', async ({ skip }) => {
      if (!runtime.has('StableTopK')) skip(`${name} takes equal elements in any order`);
      const attributes = { axis: { int: 0 }, largest: { int: 1 }, sorted: { int: 1 } };
      const top = model([node('TopK', ['x', 'k'], ['v', 'i'], attributes)], { x: 'float32', k: 'int64' }, { i: 'int64' });
      const bindings = [bind('float32', [1, 2, 2, 0, 2]), bind('int64', [3n])];
      expect(await evaluate(top, bindings, [empty('int64', 3)])).toEqual(BigInt64Array.of(1n, 2n, 4n));
    });

    const single = [...operatorsOfCpu].filter(
      (operator) =>
        !['Scan', 'UnshapedConv', 'StableTopK', 'UnroundedMatMul', 'OpenRanks', 'BiasedGemm', 'MatMulNBits'].includes(operator),
    );
    test('has MatMulNBits, of weights that are part of the program', async () => {
      expect(runtime.has('MatMulNBits')).toBe(true);
      const attributes = { K: 32, N: 1, bits: 4, block_size: 32 };
      const ints = Object.fromEntries(Object.entries(attributes).map(([key, int]) => [key, { int }]));
      const [bytes, io] = model(
        [node('MatMulNBits', ['x', 'w', 's'], ['y'], ints, 'com.microsoft')],
        { x: 'float32' },
        { y: 'float32' },
      );
      const weights = [
        // 9 and 7, less 8: one and minus one in turns.
        { name: 'w', dtype: 'uint8', shape: [1, 1, 16], data: new Uint8Array(16).fill(0x79) },
        { name: 's', dtype: 'float32', shape: [1, 1], data: Float32Array.of(0.5) },
      ] as const;
      using program = await runtime.compile(bytes, io, { weights });
      const x = bind(
        'float32',
        Array.from({ length: 32 }, (_, i) => (i % 2 === 0 ? 1 : -1)),
        [1, 32],
      );
      const y = empty('float32', 1, 1);
      await program.run([x], [y]);
      expect((await runtime.read(y.buffer))[0]).toBeCloseTo(16, 4);
      for (const { buffer: made } of [x, y]) made.dispose();
    });
    test.for(single)('has %s', async (operator, { skip }) => {
      if (name !== 'ort' && !runtime.has(operator)) skip(`${name} has no ${operator}`);
      expect(runtime.has(operator)).toBe(true);
      const domain = ['Gelu', 'SimplifiedLayerNormalization', 'HardSigmoid'].includes(operator) ? '' : 'com.microsoft';
      const isUnary = ['Gelu', 'FastGelu', 'QuickGelu', 'HardSigmoid'].includes(operator);
      const inputs = ['x', 'w'].slice(0, isUnary ? 1 : 2);
      const types = Object.fromEntries(inputs.map((each) => [each, 'float32' as const]));
      const fused = model([node(operator, inputs, ['y'], {}, domain)], types, { y: 'float32' });
      const bindings = inputs.map((each) =>
        each === 'w' && operator !== 'FusedMatMul' ? bind('float32', [0.5]) : bind('float32', [1.5], [1, 1]),
      );
      const [y] = (await evaluate(fused, bindings, [empty('float32', 1, 1)])) as Float32Array;
      // gelu(1.5) exactly, by its tanh formula, by its logistic one (x·σ(1.702x)); gelu(2); 1.5²; 0.5 · 1.5/√(1.5² + 1e-5); 0.2 · 1.5 + 0.5.
      const expected = {
        Gelu: 1.399789,
        FastGelu: 1.39957,
        QuickGelu: 1.391685,
        BiasGelu: 1.9545,
        FusedMatMul: 2.25,
        SimplifiedLayerNormalization: 0.5,
        HardSigmoid: 0.8,
      };
      expect(y).toBeCloseTo(expected[operator as keyof typeof expected], 4);
    });

    test('writes an output over an input when both are one buffer', async () => {
      using program = await runtime.compile(...add);
      using a = buffer('float32', [1, 2]);
      using b = buffer('float32', [10, 20]);
      const shape = [2];
      for (let i = 0; i < 3; i++) {
        await program.run(
          [
            { buffer: a, shape },
            { buffer: b, shape },
          ],
          [{ buffer: a, shape }],
        );
      }
      expect(await runtime.read(a)).toEqual(Float32Array.of(31, 62));
    });

    test('copies in and out, and shows the memory itself in a view', async () => {
      using a = buffer('float32', [1, 2, 3]);
      const copy = await runtime.read(a);
      const view = runtime.view(a);
      runtime.write(a, Float32Array.of(4, 5, 6));
      expect(copy).toEqual(Float32Array.of(1, 2, 3));
      expect(view).toEqual(Float32Array.of(4, 5, 6));
    });

    test('refuses shapes that do not fit, before the runtime sees them', async () => {
      using program = await runtime.compile(...add);
      using a = buffer('float32', [1, 2]);
      using n = buffer('int32', [1, 2]);
      const shape = [2];
      const good = { buffer: a, shape };
      const run = (...bindings: [Binding, Binding, Binding]) =>
        failure(() => program.run(bindings.slice(0, 2), bindings.slice(2)));
      expect(await run(good, { buffer: a, shape: [3] }, good)).toMatchInlineSnapshot(
        `"ShapeError: Program.run: input b: the shape [3] has 3 elements; its buffer has 2."`,
      );
      expect(await run(good, good, { buffer: a, shape: [0, 2] })).toMatchInlineSnapshot(
        `"ShapeError: Program.run: output c: the shape is [0, 2]; every length must be a positive whole number."`,
      );
      expect(await run(good, good, { buffer: a, shape: [-1, -2] })).toMatchInlineSnapshot(
        `"ShapeError: Program.run: output c: the shape is [-1, -2]; every length must be a positive whole number."`,
      );
      expect(await run({ buffer: n, shape }, good, good)).toMatchInlineSnapshot(
        `"DTypeError: Program.run: input a: its buffer holds int32; the model declares float32."`,
      );
      expect(await failure(() => program.run([good], [good]))).toMatchInlineSnapshot(
        `"ConfigError: Program.run: 1 inputs came; the program takes 2: a, b."`,
      );
      expect(await failure(() => runtime.allocate('float32', 0))).toMatchInlineSnapshot(
        `"ShapeError: Runtime.allocate: the length is 0; it must be a positive whole number, for no runtime takes empty tensors."`,
      );
      expect(await failure(() => runtime.write(a, Float32Array.of(1)))).toMatchInlineSnapshot(
        `"ShapeError: Runtime.write: the data have 1 elements; the buffer has 2."`,
      );
      expect(await failure(() => runtime.write(a, Int32Array.of(1, 2)))).toMatchInlineSnapshot(
        `"DTypeError: Runtime.write: the data are a Int32Array; a float32 buffer takes a Float32Array."`,
      );
      await program.run([good, good], [good]);
      expect(await runtime.read(a)).toEqual(Float32Array.of(2, 4));
    });

    test('an output of another shape than the model computes is an error, and the program stays good', async () => {
      using program = await runtime.compile(...add);
      using a = buffer('float32', [1, 2]);
      using c = runtime.allocate('float32', 2);
      const good = { buffer: a, shape: [2] };
      expect(await failure(() => program.run([good, good], [{ buffer: c, shape: [2, 1] }]))).toMatch(
        /^RuntimeError: (ort|openvino).* c/,
      );
      await program.run([good, good], [{ buffer: c, shape: [2] }]);
      expect(await runtime.read(c)).toEqual(Float32Array.of(2, 4));
    });

    test('refuses names that the model does not have, and inputs left out', async () => {
      expect(await failure(() => runtime.compile(add[0], { inputs: ['a', 'x'], outputs: ['c'] }))).toMatchInlineSnapshot(
        `"ConfigError: Runtime.compile: the model has no input x; it has a, b."`,
      );
      expect(await failure(() => runtime.compile(add[0], { inputs: ['a', 'b'], outputs: ['y'] }))).toMatchInlineSnapshot(
        `"ConfigError: Runtime.compile: the model has no output y; it has c."`,
      );
      expect(await failure(() => runtime.compile(add[0], { inputs: ['a'], outputs: ['c'] }))).toMatchInlineSnapshot(
        `"ConfigError: Runtime.compile: the model's input b is not among the names given."`,
      );
      expect(runtime.memory().programs).toBe(0);
    });

    test('refuses what is no model', async () => {
      const io = add[1];
      for (const bytes of [new Uint8Array(0), new Uint8Array(100).fill(7), add[0].subarray(0, 60)]) {
        expect(await failure(() => runtime.compile(bytes, io))).toMatch(inItsWords);
      }
      const unknown = model([node('NoSuchOperator', ['a'], ['b'])], { a: 'float32' }, { b: 'float32' });
      expect(await failure(() => runtime.compile(...unknown))).toMatch(/NoSuchOperator/);
      expect(runtime.memory().programs).toBe(0);
    });

    test('refuses what was disposed', async () => {
      const program = await runtime.compile(...double);
      const a = buffer('float32', [1]);
      using b = runtime.allocate('float32', 1);
      const bindings = [[{ buffer: a, shape: [1] }], [{ buffer: b, shape: [1] }]] as const;
      a.dispose();
      a.dispose();
      expect(a.disposed).toBe(true);
      expect(await failure(() => program.run(...bindings))).toMatchInlineSnapshot(
        `"DisposedError: Program.run: input a: its buffer was disposed; bind one that is alive."`,
      );
      expect(await failure(() => runtime.read(a))).toMatchInlineSnapshot(
        `"DisposedError: RuntimeBuffer: this float32 buffer of 1 was disposed; allocate another."`,
      );
      expect(await failure(() => runtime.write(a, Float32Array.of(1)))).toMatch(/was disposed/);
      expect(await failure(() => runtime.view(a))).toMatch(/was disposed/);
      program.dispose();
      program.dispose();
      expect(program.disposed).toBe(true);
      expect(await failure(() => program.run(...bindings))).toMatchInlineSnapshot(
        `"DisposedError: Program.run: the program was disposed; compile it again."`,
      );
    });

    test('what is disposed during a run goes when the run ends', async () => {
      const before = runtime.memory();
      const program = await runtime.compile(...products(8));
      const n = 64;
      const x = runtime.allocate('float32', n * n);
      const y = runtime.allocate('float32', n * n);
      runtime.write(x, new Float32Array(n * n).fill(1 / n));
      const shape = [n, n];
      const run = program.run(
        [
          { buffer: x, shape },
          { buffer: x, shape },
        ],
        [{ buffer: y, shape }],
      );
      const result = runtime.read(y);
      for (const each of [program, x, y]) each.dispose();
      await run;
      expect((await result)[0]).toBeCloseTo(1 / n, 5);
      expect(runtime.memory()).toMatchObject({ buffers: before.buffers, bytes: before.bytes, programs: before.programs });
    });

    test('runs that share a buffer keep their order without being awaited', async () => {
      using sum = await runtime.compile(...add);
      using twice = await runtime.compile(...double);
      using a = buffer('float32', [1, 2]);
      using b = runtime.allocate('float32', 2);
      using c = runtime.allocate('float32', 2);
      const [A, B, C] = [a, b, c].map((each): Binding => ({ buffer: each, shape: [2] })) as [Binding, Binding, Binding];
      const runs = [
        twice.run([A], [B]), // b = 2a
        sum.run([A, B], [C]), // c = 3a
        twice.run([C], [B]), // b = 6a
        sum.run([B, C], [A]), // a = 9a
      ];
      expect(await failure(() => runtime.write(a, Float32Array.of(0, 0)))).toMatchInlineSnapshot(
        `"ConfigError: Runtime.write: a run is using this buffer; await the run first, or write to another buffer."`,
      );
      expect(await runtime.read(a)).toEqual(Float32Array.of(9, 18));
      await Promise.all(runs);
      expect(await runtime.read(b)).toEqual(Float32Array.of(6, 12));
    });

    test('two programs at once give what each gives alone', async () => {
      using long = await runtime.compile(...products(6));
      using short = await runtime.compile(...add);
      const n = 96;
      const shape = [n, n];
      using x = runtime.allocate('float32', n * n);
      using y = runtime.allocate('float32', n * n);
      runtime.write(x, new Float32Array(n * n).fill(2 / n));
      using a = buffer('float32', [1, 2, 3]);
      using c = runtime.allocate('float32', 3);
      const vector = { buffer: a, shape: [3] };
      await Promise.all([
        long.run(
          [
            { buffer: x, shape },
            { buffer: x, shape },
          ],
          [{ buffer: y, shape }],
        ),
        short.run([vector, vector], [{ buffer: c, shape: [3] }]),
      ]);
      expect((await runtime.read(y))[n]).toBeCloseTo((2 / n) * 2 ** 6, 4);
      expect(await runtime.read(c)).toEqual(Float32Array.of(2, 4, 6));
    });

    test('an abort stops a run, and the next run is good', async () => {
      const count = 200;
      const n = runtime.canAbort ? 384 : 8;
      using program = await runtime.compile(...products(count));
      using x = runtime.allocate('float32', n * n);
      using y = runtime.allocate('float32', n * n);
      runtime.write(x, new Float32Array(n * n).fill(1 / n));
      const shape = [n, n];
      const run = (signal: AbortSignal) =>
        program.run(
          [
            { buffer: x, shape },
            { buffer: x, shape },
          ],
          [{ buffer: y, shape }],
          { signal },
        );

      const early = AbortSignal.abort(new Error('before it began'));
      expect(await failure(() => run(early))).toBe('Error: before it began');

      const controller = new AbortController();
      const running = failure(() => run(controller.signal));
      const waiting = failure(() => run(controller.signal));
      setTimeout(() => controller.abort(new Error('enough')), runtime.canAbort ? 10 : 0);
      if (!runtime.canAbort) controller.abort(new Error('enough'));
      expect(await running).toBe('Error: enough');
      expect(await waiting).toBe('Error: enough');

      await run(new AbortController().signal);
      expect((await runtime.read(y))[0]).toBeCloseTo(1 / n, 5);
    });

    test('timers fire during a run where runs have a thread of their own', async () => {
      if (!runtime.canAbort) return;
      const n = 384;
      using program = await runtime.compile(...products(100));
      using x = runtime.allocate('float32', n * n);
      using y = runtime.allocate('float32', n * n);
      runtime.write(x, new Float32Array(n * n));
      const shape = [n, n];
      let ticks = 0;
      const timer = setInterval(() => ticks++, 1);
      await program.run(
        [
          { buffer: x, shape },
          { buffer: x, shape },
        ],
        [{ buffer: y, shape }],
      );
      clearInterval(timer);
      expect(ticks).toBeGreaterThan(5);
    });

    test('a failed run reports the runtime’s words, and the next run is good', async () => {
      using program = await runtime.compile(...add);
      using a = buffer('float32', [1, 2, 3, 4, 5, 6]);
      using b = buffer('float32', [10, 20, 30, 40, 50, 60]);
      using c = runtime.allocate('float32', 6);
      const run = (shapeOfB: readonly number[]) =>
        program.run(
          [
            { buffer: a, shape: [2, 3] },
            { buffer: b, shape: shapeOfB },
          ],
          [{ buffer: c, shape: [2, 3] }],
        );
      expect(await failure(() => run([3, 2]))).toMatch(inItsWords);
      await run([2, 3]);
      expect(await runtime.read(c)).toEqual(Float32Array.of(11, 22, 33, 44, 55, 66));
    });

    test.each([{ optimize: true }, { planMemory: false }])('programs compiled with %o give the same', async (options) => {
      using program = await runtime.compile(...products(3), options);
      using x = buffer('float32', [1, 1, 1, 1]);
      using y = runtime.allocate('float32', 4);
      const shape = [2, 2];
      await program.run(
        [
          { buffer: x, shape },
          { buffer: x, shape },
        ],
        [{ buffer: y, shape }],
      );
      expect(await runtime.read(y)).toEqual(Float32Array.of(8, 8, 8, 8));
    });

    test('memory comes back: from dispose to the pool, from the pool to the next buffer', () => {
      const before = runtime.memory();
      const a = runtime.allocate('float32', 1_000_003);
      expect(runtime.memory()).toMatchObject({ buffers: before.buffers + 1, bytes: before.bytes + 4_000_012 });
      a.dispose();
      const pooled = runtime.memory();
      expect(pooled).toMatchObject({ buffers: before.buffers, bytes: before.bytes });
      expect(pooled.pooledBytes - before.pooledBytes).toBeGreaterThanOrEqual(4_000_012);
      expect(pooled.pooledBytes - before.pooledBytes).toBeLessThan(4_000_012 * 1.125);
      runtime.allocate('int32', 1_000_000).dispose();
      expect(runtime.memory()).toEqual(pooled);
    });

    test('buffers and programs that nobody holds are collected', async () => {
      const before = runtime.memory();
      await (async () => {
        for (let i = 0; i < 20; i++) await runtime.compile(...add);
        for (let i = 0; i < 20; i++) runtime.allocate('float32', 1000);
      })();
      for (let i = 0; i < 50 && runtime.memory().buffers + runtime.memory().programs > before.buffers + before.programs; i++) {
        collect();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(runtime.memory()).toMatchObject({ buffers: before.buffers, programs: before.programs });
    });

    test('200 programs made, run and disposed leave nothing behind', async () => {
      const n = 512;
      const weight = { name: 'w', dtype: 'float32', shape: [n, n], data: new Float32Array(n * n).fill(1) } as const;
      const bytes = encodeModel({
        name: 'test',
        nodes: [node('MatMul', ['x', 'w'], ['y'])],
        initializers: [weight],
        inputs: [{ name: 'x', dtype: 'float32' }],
        outputs: [{ name: 'y', dtype: 'float32' }],
      });
      const cycle = async () => {
        using program = await runtime.compile(bytes, { inputs: ['x'], outputs: ['y'] });
        using x = runtime.allocate('float32', n);
        using y = runtime.allocate('float32', n);
        await program.run([{ buffer: x, shape: [1, n] }], [{ buffer: y, shape: [1, n] }]);
      };
      for (let i = 0; i < 50; i++) await cycle();
      collect();
      const resident = process.memoryUsage.rss();
      const held = runtime.memory();
      for (let i = 0; i < 200; i++) await cycle();
      collect();
      expect(runtime.memory()).toEqual(held);
      // Each program holds 1 MB of weights, so that 200 kept ones are 200 MB. malloc's arenas, one per thread, account for
      // up to 100 MB before they level off (measured over 3,000 cycles).
      expect(process.memoryUsage.rss() - resident).toBeLessThan(150 * 2 ** 20);
    });
  });
}

const native = (await probeRuntimes()).find(({ name, availability }) => name === 'ort' && availability.available);

test.skipIf(!native)('a disposed runtime refuses everything, frees everything, and is opened anew', async () => {
  const runtime = await openRuntime({ threads: 1, name: 'ort' });
  const program = await runtime.compile(...double);
  const a = runtime.allocate('float32', 1);
  const binding = { buffer: a, shape: [1] };
  runtime.write(a, Float32Array.of(3));
  const run = program.run([binding], [binding]);
  runtime.dispose();
  runtime.dispose();
  await run;
  expect(runtime.memory()).toEqual({ buffers: 0, bytes: 0, pooledBytes: 0, programs: 0 });
  expect(await failure(() => runtime.allocate('float32', 1))).toMatchInlineSnapshot(
    `"DisposedError: Runtime.allocate: the runtime ort was disposed; open another."`,
  );
  expect(await failure(() => program.run([binding], [binding]))).toMatch(/was disposed/);

  const next = await openRuntime({ threads: 1, name: 'ort' });
  expect(next).not.toBe(runtime);
  expect(await failure(() => next.read(a))).toMatchInlineSnapshot(
    `"ConfigError: Runtime.read: the buffer belongs to another runtime (ort); copy it with read and write."`,
  );
  using again = await next.compile(...double);
  const b = next.allocate('float32', 1);
  next.write(b, Float32Array.of(4));
  await again.run([{ buffer: b, shape: [1] }], [{ buffer: b, shape: [1] }]);
  expect(await next.read(b)).toEqual(Float32Array.of(8));
  next.dispose();
});

test.skipIf(!native)('native runtimes of different thread counts, and the wasm one, work side by side', async () => {
  const opened = [
    await openRuntime({ name: 'ort', threads: 2 }),
    await openRuntime({ name: 'ort', threads: 1 }),
    await openRuntime({ device: 'wasm', threads: 2 }),
  ];
  expect(opened.map(({ device, threads }) => [device, threads])).toEqual([
    ['cpu', 2],
    ['cpu', 1],
    ['wasm', 2],
  ]);
  const results = await Promise.all(
    opened.map(async (runtime) => {
      using program = await runtime.compile(...products(3));
      using x = runtime.allocate('float32', 4);
      using y = runtime.allocate('float32', 4);
      runtime.write(x, Float32Array.of(1, 2, 3, 4));
      const shape = [2, 2];
      await program.run(
        [
          { buffer: x, shape },
          { buffer: x, shape },
        ],
        [{ buffer: y, shape }],
      );
      return runtime.read(y);
    }),
  );
  for (const result of results) expect(result).toEqual(Float32Array.of(199, 290, 435, 634));
  for (const runtime of opened) runtime.dispose();
});
