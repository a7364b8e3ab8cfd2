import { ConfigError, DTypeError, formatShape, isFloat, ShapeError } from '../core/index.ts';
import { defineMultiOp, defineOp, type MultiOp, type Op, type Type, type Value } from '../graph/index.ts';
import { equal, isinf, less, logicalOr, notEqual } from './comparison.ts';
import { add, cast, clip, exp, like, log, maximum, mul, neg, sub, where } from './elementwise.ts';
import { requireIndices, takeAlong } from './indexing.ts';
import { data, type HostSource } from './leaf.ts';
import { concat, expand, reshape, slice, zerosLike } from './movement.ts';
import { softmax } from './normalize.ts';
import { formulaIn } from './pointwise.ts';
import { stack } from './rearranging.ts';
import { max } from './reduce.ts';

/** The logarithm that stands for a probability of 0: finite, so that the difference of two of them is a number. */
const impossible = -1e30;

/** A leaf of a loop's body, which stands for what each run is given. */
function part({ shape, dtype }: Type): Value {
  return data({ shape, dtype }, { kind: 'part' });
}

/** x moved along its last axis by some places, to the right or (negative) to the left, with `impossible` where it left. */
function shifted(x: Value, by: number): Value {
  const count = Math.abs(by);
  const [rows, length] = x.shape as [number, number];
  const gap = expand(like(impossible, x), { shape: [rows, count] });
  const rest = slice(x, { axis: 1, start: by < 0 ? count : 0, end: by < 0 ? length : length - count });
  return concat(by < 0 ? [rest, gap] : [gap, rest], { axis: 1 });
}

/** log(e^a + e^b + e^c), where none is infinite. */
function logOfSum(a: Value, b: Value, c: Value): Value {
  const largest = maximum(maximum(a, b), c);
  const power = (x: Value) => exp(sub(x, largest));
  return add(log(add(add(power(a), power(b)), power(c))), largest);
}

/** Logarithms with the largest of each row taken off, and what was taken: so they keep their digits however many times go by. */
function levelled(x: Value): { readonly rest: Value; readonly level: Value } {
  const level = max(x, { axes: [1], keepDims: true });
  return { rest: sub(x, level), level };
}

/**
 * The forward recursion over the lattice of states: `reached` is, for each time and state, the logarithm of the probability
 * of all ways to stand there, but for a level of each time.
 * Shapes: emissions `[T, N, L]`; skips, starts and ends `[N, L]`; alive `[T, N, 1]` → losses `[N]`, reached `[T, N, L]`.
 */
const forward: MultiOp<['emissions', 'skips', 'starts', 'ends', 'alive'], ['losses', 'reached'], { zeroInfinity: boolean }> =
  defineMultiOp({
    name: 'ctcLoss',
    inputs: ['emissions', 'skips', 'starts', 'ends', 'alive'],
    outputs: ['losses', 'reached'],
    infer: ({ emissions: { shape, dtype } }) => ({ losses: { shape: [shape[1]!], dtype }, reached: { shape, dtype } }),
    lower: (emitter, { emissions, skips, starts, ends, alive }) => {
      const { dtype, shape } = emitter.type(emissions);
      const states = { shape: shape.slice(1), dtype };
      const inputs = [part(states), part(states), part({ shape: [shape[1]!, 1], dtype: 'bool' }), part(states)] as const;
      const [before, emission, isAlive, skip] = inputs;
      const arriving = logOfSum(before, shifted(before, 1), add(shifted(before, 2), skip));
      const { rest, level } = levelled(add(arriving, emission));
      const now = where(isAlive, rest, before);
      const body = { inputs, outputs: [now, now, where(isAlive, level, like(0, level))] };
      const [last, reached, levels] = emitter.scan([emissions, alive], [skips], body, { carried: [starts] });

      const f = formulaIn(emitter, dtype);
      const reduced = (opType: string, x: string, axis: number) =>
        emitter.node(opType, [x, emitter.constant('int64', [axis])], { attributes: { keepdims: { int: axis } } });
      const ended = f('Add', last!, ends);
      const largest = reduced('ReduceMax', ended, 1);
      const total = f('Add', f('Log', reduced('ReduceSum', f('Exp', f('Sub', ended, largest)), 1)), largest);
      const all = f('Neg', f('Add', reduced('ReduceSum', levels!, 0), total));
      const losses = f('Where', f('Greater', total, impossible / 2), all, Number.POSITIVE_INFINITY);
      return [emitter.node('Reshape', [losses, emitter.dims([shape[1]!])]), reached!];
    },
    vjp: ({ losses: g }, { emissions, skips, ends, alive, losses, reached, zeroInfinity }) => {
      if (!g) return {};
      const [T, N] = emissions.shape as [number, number];
      const none = zerosLike(slice(alive, { axis: 0, start: 0, end: 1 }));
      const followed = T === 1 ? none : concat([slice(alive, { axis: 0, start: 1 }), none], { axis: 0 });
      const each = (x: Value) => reshape(x, { shape: [1, N, 1] });
      // How likely each state is at each time, given the target: of all ways from start to end, the share that goes through it.
      const share = softmax(add(reached, backward(emissions, skips, ends, followed)), { axis: 2 });
      const known = where(isinf(each(losses)), like(zeroInfinity ? 0 : Number.NaN, share), share);
      return { emissions: neg(mul(each(g), where(alive, known, like(0, share)))) };
    },
  });

/**
 * The backward recursion: for each time and state, the logarithm of the probability of all ways from there to the end, but
 * for a level of each time.
 * Shapes: emissions `[T, N, L]`; skips and ends `[N, L]`; followed `[T, N, 1]` → `[T, N, L]`.
 */
const backward: Op<['emissions', 'skips', 'ends', 'followed']> = defineOp({
  name: 'ctcLossGradient',
  inputs: ['emissions', 'skips', 'ends', 'followed'],
  infer: ({ emissions }) => ({ shape: emissions.shape, dtype: emissions.dtype }),
  lower: (emitter, { emissions, skips, ends, followed }) => {
    const { dtype, shape } = emitter.type(emissions);
    const states = { shape: shape.slice(1), dtype };
    const flags = { shape: [shape[1]!, 1], dtype: 'bool' } as const;
    const inputs = [part(states), part(states), part(flags), part(states), part(states)] as const;
    const [after, emission, isFollowed, skip, end] = inputs;
    const leaving = logOfSum(after, shifted(after, -1), shifted(add(after, skip), -2));
    const now = where(isFollowed, leaving, end);
    const body = { inputs, outputs: [levelled(add(now, emission)).rest, now] };
    return emitter.scan([emissions, followed], [skips, ends], body, { carried: [ends], reverse: true })[1]!;
  },
});

/** The whole numbers from 0 to `count` − 1, fed when the graph runs. */
function counted(count: number): Value {
  const numbers = BigInt64Array.from({ length: count }, (_, i) => BigInt(i));
  return data({ shape: [count], dtype: 'int64' }, { kind: 'host', data: numbers } as HostSource);
}

/**
 * −log of the probability of each target, summed over all its alignments with the times (connectionist temporal
 * classification). Infinite where a target is too long for its input; with `zeroInfinity` 0 there, and without a gradient.
 *
 * Shapes: logProbs `[T, N, K]`, targets `[N, S]`, inputLengths and targetLengths `[N]` → `[N]`. What stands behind a
 * target's length does not matter. Differentiable once, by the probabilities of the states given the target, which are the
 * exact gradient; both recursions are loops of the runtime over T, in levelled logarithms: nothing underflows or loses digits.
 * Source: Graves et al., 2006, ICML, equations 6 to 16.
 * @throws ShapeError, DTypeError when the inputs do not fit each other. @throws ConfigError when `blank` is no class.
 */
export function ctcLoss(
  logProbs: Value,
  targets: Value,
  inputLengths: Value,
  targetLengths: Value,
  { blank, zeroInfinity }: { readonly blank: number; readonly zeroInfinity: boolean },
): Value {
  const [T, N, K] = logProbs.shape as [number, number, number];
  if (logProbs.shape.length !== 3 || targets.shape.length !== 2 || targets.shape[0] !== N)
    throw new ShapeError(
      `ctcLoss: logProbs are ${formatShape(logProbs.shape)} and targets ${formatShape(targets.shape)}; they must be [T, N, K] and [N, S].`,
    );
  if (!isFloat(logProbs.dtype))
    throw new DTypeError(`ctcLoss: logProbs are ${logProbs.dtype}; they need a floating-point type.`);
  for (const [name, lengths] of Object.entries({ inputLengths, targetLengths })) {
    requireIndices(lengths, `ctcLoss (${name})`);
    if (lengths.shape.length !== 1 || lengths.shape[0] !== N)
      throw new ShapeError(
        `ctcLoss: ${name} are ${formatShape(lengths.shape)}; they must be [${N}], one for each of the batch.`,
      );
  }
  requireIndices(targets, 'ctcLoss (targets)');
  if (!(Number.isInteger(blank) && blank >= 0 && blank < K))
    throw new ConfigError(`ctcLoss: blank is ${blank}; it must be a class from 0 to ${K - 1}.`);

  const S = targets.shape[1]!;
  const L = 2 * S + 1;
  const whole = (x: Value) => (x.dtype === 'int64' ? x : cast(x, { to: 'int64' }));
  const column = (x: Value) => reshape(whole(x), { shape: [N, 1] });
  const labels = where(less(counted(S), column(targetLengths)), whole(targets), like(blank, counted(1)));
  /** Something for each label, with `between` before each, and behind the last: `[N, S]` → `[N, L]`. */
  const interleaved = (x: Value, between: number) => {
    const gap = expand(like(between, x), { shape: [N, S] });
    const pairs = reshape(stack([gap, x], { axis: 2 }), { shape: [N, 2 * S] });
    return concat([pairs, slice(gap, { axis: 1, start: 0, end: 1 })], { axis: 1 });
  };
  const states = interleaved(labels, blank);
  const emissions = takeAlong(logProbs, expand(reshape(states, { shape: [1, N, L] }), { shape: [T, N, L] }), { axis: 2 });
  const allowed = (condition: Value) => where(condition, like(0, logProbs), like(impossible, logProbs));
  // A label may follow another at once, without the blank between them, unless the two are the same.
  const never = expand(like(impossible, logProbs), { shape: [N, 1] });
  const repeats = (from: number) => slice(labels, { axis: 1, start: from, end: S - 1 + from });
  const apart = S === 1 ? never : concat([never, allowed(notEqual(repeats(0), repeats(1)))], { axis: 1 });
  const place = counted(L);
  const last = mul(column(targetLengths), like(2, place));
  const ends = allowed(logicalOr(equal(place, last), equal(place, sub(last, like(1, place)))));
  const starts = expand(allowed(equal(place, like(0, place))), { shape: [N, L] });
  const alive = less(reshape(counted(T), { shape: [T, 1, 1] }), reshape(whole(inputLengths), { shape: [1, N, 1] }));
  const { losses } = forward(
    clip(emissions, { min: impossible, max: null }),
    interleaved(apart, impossible),
    starts,
    ends,
    alive,
    { zeroInfinity },
  );
  return zeroInfinity ? where(isinf(losses), like(0, losses), losses) : losses;
}
