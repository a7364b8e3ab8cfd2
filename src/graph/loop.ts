import { type Loop, type OpRow, plainFacts } from './op.ts';
import { Node, type Value } from './value.ts';
import { flopsOf, structureOf, topologicalOrder } from './walk.ts';

/** A loop's structure as text: two loops with the same text compute the same. */
export function structureOfLoop({ inputs, outputs, carried, sliced, reverse }: Loop): string {
  const { text, order } = structureOf(outputs);
  const places = new Map(order.map((node, i) => [node, i]));
  const roles = inputs.map(({ node, dtype, shape }) => places.get(node) ?? `${dtype}[${shape}]`);
  return `${carried},${sliced},${reverse};${roles};${text}`;
}

/**
 * A loop as one row: it runs once for each slice of the first axis of its sliced inputs.
 * Inputs: what the first run finds as carried, what is sliced, what every run sees whole. Outputs: what the last run
 * carried on, then what the runs gave beside that, stacked along a new first axis in the order of the slices.
 */
export function loopRow(loop: Loop, vjp: OpRow['vjp']): OpRow {
  const { carried, sliced, reverse } = loop;
  const flopsOfRun = topologicalOrder(loop.outputs).reduce((sum, node) => sum + flopsOf(node), 0);
  return {
    ...plainFacts,
    name: 'scan',
    inputs: ['...xs'],
    outputs: loop.outputs.map((_, i) => `y${i}`),
    lower: (emitter, inputs) => {
      const names = inputs as readonly string[];
      return emitter.scan(names.slice(carried, carried + sliced), names.slice(carried + sliced), loop, {
        carried: names.slice(0, carried),
        reverse,
      });
    },
    vjp,
    loop,
    flops: (inputs) => inputs[carried]!.shape[0]! * flopsOfRun,
  };
}

/** A loop on its inputs. `structure` is that of the loop. */
export function loopNode(row: OpRow, structure: string, inputs: readonly Value[]): Node {
  const { outputs, carried } = row.loop!;
  const length = inputs[carried]!.shape[0]!;
  const types = outputs.map(({ shape, dtype }, i) => ({ shape: i < carried ? shape : [length, ...shape], dtype }));
  return new Node(row, inputs, { structure }, types);
}
