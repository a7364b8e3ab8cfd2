import { cases } from '../../test/support/cases.ts';
import { at, build, type Plain, places } from '../../test/support/reference.ts';
import { as, bools, integers, normal, zeros } from '../../test/support/samples.ts';
import type { Value } from '../graph/index.ts';
import { einsum } from './einsum.ts';

/** Sums of products over all places of all letters. Without `...`, which the golden data from NumPy cover. */
function summedProducts(equation: string, xs: readonly Plain[]): Plain {
  const [inputs, output] = equation.split('->') as [string, string];
  const terms = inputs.split(',');
  const lengths = new Map<string, number>();
  terms.forEach((term, i) => {
    [...term].forEach((label, axis) => {
      lengths.set(label, Math.max(lengths.get(label) ?? 1, xs[i]!.shape[axis]!));
    });
  });
  const inner = [...lengths.keys()].filter((label) => !output.includes(label));
  return build(
    [...output].map((label) => lengths.get(label)!),
    (place) => {
      let total = 0;
      for (const rest of places(inner.map((label) => lengths.get(label)!))) {
        const position = (label: string) =>
          output.includes(label) ? place[output.indexOf(label)]! : rest[inner.indexOf(label)]!;
        total += terms.reduce((product, term, i) => product * at(xs[i]!, [...term].map(position)), 1);
      }
      return total;
    },
  );
}

const einsumOf = (xs: readonly Value[], { equation }: { readonly equation: string }) => einsum(equation, xs);

export const einsumCases = {
  ...cases(
    einsumOf,
    {
      inputs: ['...xs'],
      torch: 'torch.einsum',
      alsoAgainst: 'NumPy, 2000 random equations',
      reference: ({ xs, equation }: { xs: readonly Plain[]; equation: string }) => summedProducts(equation, xs),
      tolerance: 'rounding',
    },
    [
      { xs: [normal(2, 3), normal(3, 4)], equation: 'ij,jk->ik' },
      { xs: [normal(2, 3, 4), normal(2, 4, 2)], equation: 'bij,bjk->bki', note: 'a batch, turned' },
      { xs: [normal(3), normal(3)], equation: 'i,i->', note: 'to a scalar' },
      { xs: [normal(2), normal(3)], equation: 'i,j->ij', note: 'nothing is summed' },
      { xs: [normal(3, 3)], equation: 'ii->i', note: 'a diagonal' },
      { xs: [normal(3, 3, 3)], equation: 'iii->', note: 'a trace of three axes' },
      { xs: [normal(2, 3), normal(2, 3)], equation: 'ij,ij->j' },
      { xs: [normal(2, 3), normal(3, 4), normal(4, 2)], equation: 'ij,jk,kl->il', note: 'three' },
      { xs: [normal(2, 1), normal(3, 4)], equation: 'ij,jk->ik', note: 'a length of 1 broadcasts' },
      { xs: [integers(-5, 5, 2, 3), integers(-5, 5, 3, 2)], equation: 'ij,jk->ik', note: 'whole numbers' },
      { xs: [zeros(2, 3), zeros(4, 2)], equation: 'ij,jk->ik', throws: /the axis j is 3 in one operand and 4 in another/ },
      { xs: [zeros(2, 3)], equation: 'ij,jk->ik', throws: /it names 2 operands and 1 came/ },
      { xs: [zeros(2, 3)], equation: 'ijk->i', throws: /operand 1 has 2 axes and "ijk" names 3/ },
      { xs: [zeros(2, 3)], equation: 'ij->ik', throws: /k must stand in an operand, and once in the result/ },
      { xs: [zeros(2, 3)], equation: 'ii->i', throws: /the axes named i of one operand have lengths 2 and 3/ },
      { xs: [zeros(2)], equation: 'i->i->i', throws: /at most one ->/ },
      { xs: [zeros(2)], equation: '......i->i', throws: /may stand once in each operand/ },
      {
        xs: [zeros(2), as('float64', zeros(2))],
        equation: 'i,i->',
        throws: /element types are float32, float64; all need one/,
      },
      { xs: [bools(2)], equation: 'i->', throws: /all need one number type/ },
    ],
  ),
  subject: einsum,
  name: 'einsum',
};
