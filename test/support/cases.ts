import { type RandomKey, seedKey } from '../../src/core/index.ts';
import { type Attributes, type Op, Value } from '../../src/graph/index.ts';
import type { Plain } from './reference.ts';
import { drawn, keyFor, type Sample } from './samples.ts';
import type { Tolerance } from './tolerances.ts';

type Bare<N extends string> = N extends `...${infer B}` ? B : N extends `${infer B}?` ? B : N;
type Held<N extends string, T> = N extends `...${string}` ? readonly T[] : N extends `${string}?` ? T | null : T;
type Required<Names extends readonly string[], T> = {
  readonly [N in Names[number] as N extends `${string}?` ? never : Bare<N>]: Held<N, T>;
};
type Optional<Names extends readonly string[], T> = {
  readonly [N in Names[number] as N extends `${string}?` ? Bare<N> : never]?: T | null;
};
type Positional<Names extends readonly string[], T> = { readonly [I in keyof Names]: Held<Names[I], T> };
type Seen<Names extends readonly string[], A> = { readonly [N in Names[number] as Bare<N>]: Held<N, Plain> } & A;

/** What one case says besides inputs and attributes. */
interface Remarks {
  /** What this case is there for. */
  readonly note?: string;
  /** The case is an error, thrown when the graph is built, whose message this matches. */
  readonly throws?: RegExp;
  /** Another tolerance for this case, where the note says why. */
  readonly tolerance?: Tolerance;
  /** What a runtime must have, as `Runtime.has` names it, for this case to hold on it. */
  readonly needs?: string;
}

type Case<Names extends readonly string[], A> = Required<Names, Sample> & Optional<Names, Sample> & A & Remarks;

interface Spec<Names extends readonly string[], A> {
  /** The same function in float64 and plain arrays; several outputs are a list. */
  readonly reference: (seen: Seen<Names, A>) => Plain | readonly Plain[];
  readonly tolerance: Tolerance;
  /** PyTorch's name for it, as `docs/ops.md` lists it. */
  readonly torch?: string;
  /** What it is tested against besides the reference, as `docs/ops.md` lists it. */
  readonly alsoAgainst?: string;
  /** Its gradient has none of its own: differentiated again, it is refused by name. Default 'again', to any order. */
  readonly differentiable?: 'once' | 'again';
  /**
   * The function whose derivative `vjp` promises, where that is not the function itself: an op through which no
   * gradient flows, or not everywhere. Its value is never looked at, only how it changes.
   */
  readonly differentiated?: (seen: Seen<Names, A>) => Plain | readonly Plain[];
}

/** One output, a list of them, or several by name. */
type Outputs = Value | readonly Value[] | Readonly<Record<string, Value>>;
type Subject = (...args: never) => object;

/** One case with its inputs not yet drawn. */
export interface OpCase extends Remarks {
  readonly title: string;
  /** Draws the inputs: samples become arrays, in the order of the op's inputs. Always the same ones. */
  inputs(): readonly DrawnInput[];
  readonly attributes: Attributes;
}

/** One input of a case: a name, and an array with its type; null for an optional input left out. A list has several entries of one name. */
export interface DrawnInput {
  readonly name: string;
  readonly sample: Sample | null;
  readonly content: Plain | null;
}

/** An exported op with all its cases, types erased. */
export interface OpCases {
  readonly subject: Subject;
  readonly name: string;
  readonly tolerance: Tolerance;
  readonly torch: string | null;
  readonly alsoAgainst: string | null;
  readonly differentiable: 'once' | 'again';
  readonly cases: readonly OpCase[];
  /** The reference on inputs in order. */
  reference(contents: readonly (Plain | null)[], attributes: Attributes): readonly Plain[];
  differentiated(contents: readonly (Plain | null)[], attributes: Attributes): readonly Plain[];
  /** The op itself on values in order. */
  apply(values: readonly (Value | null)[], attributes: Attributes): readonly Value[];
}

/** The cases of an op: what it must compute, and on what that is tried. */
export function cases<const Names extends readonly string[], A extends Attributes>(
  op: Op<Names, A>,
  spec: Spec<Names, A>,
  list: readonly Case<Names, NoInfer<A>>[],
): OpCases;
/** The cases of a function over ops, whose inputs have to be named as in a row. */
export function cases<const Names extends readonly string[]>(
  subject: (...args: Positional<Names, Value>) => Value,
  spec: Spec<Names, Record<never, never>> & { readonly inputs: Names },
  list: readonly Case<Names, Record<never, never>>[],
): OpCases;
export function cases<const Names extends readonly string[], A>(
  subject: (...args: [...Positional<Names, Value>, A]) => object,
  spec: Spec<Names, A> & { readonly inputs: Names },
  list: readonly Case<Names, NoInfer<A>>[],
): OpCases;
export function cases(
  subject: ((...args: never) => object) & { readonly row?: { readonly inputs: readonly string[] } },
  spec: Spec<readonly string[], Attributes> & { readonly inputs?: readonly string[] },
  list: readonly (Remarks & Readonly<Record<string, unknown>>)[],
): OpCases {
  const slots = (subject.row?.inputs ?? spec.inputs ?? []).map((slot) => ({
    name: slot.replace(/^\.\.\.|\?$/g, ''),
    isRest: slot.startsWith('...'),
  }));
  const gathered = <T>(values: readonly T[]) =>
    Object.fromEntries(slots.map(({ name, isRest }, i) => [name, isRest ? values.slice(i) : values[i]]));
  const listed = <T extends object>(made: T | readonly T[]): readonly T[] => (Array.isArray(made) ? made : [made as T]);
  const reference = (f: Spec<readonly string[], Attributes>['reference']) => {
    return (contents: readonly (Plain | null)[], attributes: Attributes) =>
      listed(f({ ...gathered(contents), ...attributes } as never));
  };
  return {
    subject,
    name: subject.name === 'apply' ? (subject as unknown as Op<[]>).row.name : subject.name,
    tolerance: spec.tolerance,
    torch: spec.torch ?? null,
    alsoAgainst: spec.alsoAgainst ?? null,
    differentiable: spec.differentiable ?? 'again',
    reference: reference(spec.reference),
    differentiated: reference(spec.differentiated ?? spec.reference),
    apply(values, attributes) {
      const args: unknown[] = slots.map(({ isRest }, i) => (isRest ? values.slice(i) : values[i]));
      if (Object.keys(attributes).length > 0) args.push(attributes);
      const made = (subject as (...args: unknown[]) => Outputs)(...args);
      return made instanceof Value ? [made] : Object.values(made);
    },
    cases: list.map(({ note, throws, tolerance, needs, ...given }, number) => {
      const samples = slots.flatMap(({ name, isRest }) =>
        (isRest ? (given[name] as Sample[]) : [(given[name] ?? null) as Sample | null]).map((sample) => ({ name, sample })),
      );
      const attributes = Object.fromEntries(
        Object.entries(given).filter(([name]) => !slots.some((slot) => slot.name === name)),
      ) as Attributes;
      return {
        ...(note && { note }),
        ...(throws && { throws }),
        ...(tolerance && { tolerance }),
        ...(needs && { needs }),
        title: titleOf(samples, attributes, note),
        attributes,
        inputs: () =>
          samples.map(({ name, sample }, i) => ({
            name,
            sample,
            content: sample && drawn(sample, keyFor(seed, number, name, i)),
          })),
      };
    }),
  };
}

const seed: RandomKey = seedKey(20);

function titleOf(
  samples: readonly { readonly name: string; readonly sample: Sample | null }[],
  attributes: Attributes,
  note: string | undefined,
): string {
  const inputs = samples.flatMap(({ name, sample }) =>
    sample ? [`${name} [${sample.shape}]${sample.dtype === 'float32' ? '' : ` ${sample.dtype}`}`] : [],
  );
  const rest = Object.entries(attributes).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [...inputs, ...rest].join(', ') + (note ? ` (${note})` : '');
}
