import { ConfigError, formatShape } from '../core/index.ts';
import type { Value } from '../graph/index.ts';
import * as ops from '../ops/index.ts';
import { type ExecuteOptions, executePrepared, forget, type PreparedGraph, prepare } from './engine.ts';
import { observing } from './modes.ts';
import { nextRandomKey, randomState, replayingRandom } from './random.ts';
import { bufferSource, type LeafSource } from './sources.ts';
import { resultList, Tensor } from './tensor.ts';

/** What stands behind a leaf of a traced graph when it runs again. */
type Content =
  | { readonly argument: number }
  /** A tensor that the function closes over, such as a parameter: its content at the time of the call. */
  | { readonly captured: Tensor }
  | { readonly fixed: LeafSource }
  /** The number of a random key: leaves of one key, such as a dropout's mask and its recomputation, stay of one key. */
  | { readonly random: number };

interface Trace {
  readonly graph: PreparedGraph;
  /** The contents that the newest program of this graph has in it. */
  sources: readonly LeafSource[];
  readonly contents: readonly Content[];
  /** How many random keys a call takes. */
  readonly randomKeys: number;
  /** Whether f gave one tensor rather than a list. */
  readonly isSingle: boolean;
  /** Tensors that f updates, whose new contents come after the results. */
  readonly updated: readonly Tensor[];
}

/** A function whose graph is built once for each signature of its arguments. */
export type Compiled<R> = (...args: readonly Tensor[]) => Promise<R>;

/** What a caller of `compile` may choose. */
export interface CompiledOptions extends ExecuteOptions {
  /**
   * Make the contents of the tensors that the function closes over part of the compiled program, so that the runtime can
   * arrange them for its kernels once. For models that are used and not trained: when such a tensor gets another content, the
   * next call compiles anew. Default false. Like torch.jit.freeze, except that a change is seen.
   */
  readonly freeze?: boolean;
}

/** How many signatures one compiled function keeps. */
const traceLimit = 64;

/**
 * f, traced once for each combination of its arguments' shapes and element types; later calls skip building the graph.
 * f must be a pure function of its arguments and of the tensors it closes over, whose content is read anew at each call;
 * what it computes in JavaScript is frozen in. Random numbers differ from call to call. The results are computed and
 * track no gradients: use `grad` inside f where gradients are wanted. What f does by `Tensor.update`, as batch normalization
 * does to its running statistics, happens once in each call.
 */
export function compile<R extends Tensor | readonly Tensor[]>(
  f: (...args: Tensor[]) => R,
  { freeze = false, ...options }: CompiledOptions = {},
): Compiled<R> {
  const traces = new Map<string, Trace>();
  const compiled: Compiled<R> = async (...args) => {
    const signature = args.map(({ dtype, shape }) => `${dtype}${formatShape(shape)}`).join();
    let trace = traces.get(signature);
    if (!trace) {
      trace = traced(f, args, { freeze, dynamic: options.dynamic });
      traces.set(signature, trace);
      if (traces.size > traceLimit) traces.delete(traces.keys().next().value!);
    }
    const keys = Array.from({ length: trace.randomKeys }, () => nextRandomKey());
    const sources = trace.contents.map((content): LeafSource => {
      if ('random' in content) return { kind: 'random', key: keys[content.random]! };
      if ('fixed' in content) return content.fixed;
      return contentOf('captured' in content ? content.captured : args[content.argument]!);
    });
    if (freeze) {
      const before = trace.sources;
      trace.sources = sources;
      if (isStale(trace.graph, before, sources)) await forget(trace.graph, before);
    }
    const buffers = await executePrepared(trace.graph, sources, options);
    const count = buffers.length - trace.updated.length;
    trace.updated.forEach((tensor, i) => {
      tensor.assign(buffers[count + i]!);
    });
    const results = buffers.slice(0, count).map((buffer, i) => {
      const { shape, dtype } = trace.graph.wants[i]!.value;
      return new Tensor(ops.data({ shape, dtype }, bufferSource(buffer)));
    });
    return (trace.isSingle ? results[0]! : results) as R;
  };
  if (freeze) programsOfFunctions.register(compiled, traces);
  return compiled;
}

// A program with a model's weights in it is large: it goes when the function that runs it does.
const programsOfFunctions = new FinalizationRegistry<ReadonlyMap<string, Trace>>((traces) => {
  for (const { graph, sources } of traces.values()) void forget(graph, sources);
});

/** Whether a content that a program has in it is no longer the tensor's. */
function isStale({ leaves, frozen }: PreparedGraph, before: readonly LeafSource[], now: readonly LeafSource[]): boolean {
  return before.length > 0 && leaves.some((leaf, i) => frozen.has(leaf) && before[i] !== now[i]);
}

function contentOf(tensor: Tensor): LeafSource {
  const { source } = tensor.value.node;
  if (!source)
    throw new ConfigError('compile: an argument or a captured tensor has not been computed; call evaluate on it first.');
  return source as LeafSource;
}

function traced<R extends Tensor | readonly Tensor[]>(
  f: (...args: Tensor[]) => R,
  args: readonly Tensor[],
  { freeze, dynamic }: { readonly freeze: boolean; readonly dynamic: boolean | undefined },
): Trace {
  const places = new Map<Value, number>();
  const standIns = args.map(({ shape, dtype }, i) => {
    const value = ops.data({ shape, dtype }, { kind: 'argument' });
    places.set(value, i);
    return new Tensor(value);
  });
  const captured = new Map<Value, Tensor>();
  const contentBefore = new Map<Tensor, Value>();
  const observer = {
    leaf: (leaf: Value, tensor: Tensor) => captured.set(leaf, tensor),
    update: (tensor: Tensor, before: Value) => {
      if (contentBefore.has(tensor)) return;
      if (!before.node.source)
        throw new ConfigError(
          'compile: the function updates a tensor whose content has not been computed; call evaluate on it first.',
        );
      contentBefore.set(tensor, before);
    },
  };
  let result: R;
  let updates: { readonly tensor: Tensor; readonly value: Value }[];
  try {
    // Tracing takes no random numbers: a run that traces anew, as after a resume, draws what the other drew.
    result = observing(observer, () => replayingRandom(randomState(), () => f(...standIns)));
  } finally {
    updates = Array.from(contentBefore, ([tensor, before]) => {
      const { value } = tensor;
      tensor.revert(before);
      return { tensor, value };
    });
  }
  const tensors = resultList('compile', result);
  const unfrozen = new Set(updates.map(({ tensor }) => tensor));
  const frozen = freeze ? [...captured].filter(([, tensor]) => !unfrozen.has(tensor)).map(([value]) => value.node) : [];
  const graph = prepare(
    [...tensors, ...updates].map(({ value }) => ({ value })),
    { frozen: new Set(frozen), dynamic },
  );
  const keys = new Map<string, number>();
  const contents = graph.leaves.map((leaf): Content => {
    const value = leaf.outputs[0]!;
    const source = leaf.source as LeafSource;
    const argument = places.get(value);
    if (argument !== undefined) return { argument };
    if (source.kind === 'random') {
      const key = source.key.join();
      if (!keys.has(key)) keys.set(key, keys.size);
      return { random: keys.get(key)! };
    }
    const tensor = captured.get(value);
    return tensor ? { captured: tensor } : { fixed: source };
  });
  return {
    graph,
    sources: [],
    contents,
    randomKeys: keys.size,
    isSingle: result instanceof Tensor,
    updated: updates.map(({ tensor }) => tensor),
  };
}
