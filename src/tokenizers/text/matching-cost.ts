import { type Expression, isNullable, partsOf, widthOf, withoutReferences } from './expression.ts';

/**
 * The longest text on which JavaScript's own engine finds all matches of an expression in a bounded number of steps, by
 * a look at the expression alone: Infinity where the steps grow with the text's length, 0 where they may double with each
 * character.
 *
 * The engine tries one way after the other. An expression costs n^(d + 1) steps for n characters, where d counts the loops that
 * one way goes through and that may have to be left again because of what follows them; loops within loops cost more. The
 * count errs on the side of caution.
 */
export function longestQuickText(expression: Expression): number {
  const { degree, ways } = costOf(withoutReferences(expression));
  if (ways > mostWays) return 0;
  return degree === 0 ? Infinity : Math.floor((mostSteps / ways) ** (1 / (degree + 1)));
}

const mostSteps = 1e7;
const mostWays = 1e4;

interface Cost {
  /** How many loops one way goes through that may fail behind their end. */
  readonly degree: number;
  /** How many ways there are besides; Infinity where loops stand within loops. */
  readonly ways: number;
}

function costOf(expression: Expression): Cost {
  if (expression.kind !== 'choice') return cost(expression, true);
  const costs = expression.options.map((option) => cost(option, true));
  const degree = Math.max(
    ...costs.map((one, i) => (one.degree > 0 && isTakenUp(expression.options, i) ? one.degree - 1 : one.degree)),
  );
  return { degree, ways: total(costs) };
}

/** `isLast`: nothing that could fail comes after it. */
function cost(expression: Expression, isLast: boolean): Cost {
  switch (expression.kind) {
    case 'set':
    case 'reference':
      return { degree: 0, ways: 1 };
    case 'choice': {
      const costs = expression.options.map((option) => cost(option, isLast));
      return { degree: Math.max(...costs.map(({ degree }) => degree)), ways: total(costs) };
    }
    case 'sequence': {
      let [degree, ways] = [0, 1];
      let endsHere = isLast;
      for (const item of expression.items.toReversed()) {
        const one = cost(item, endsHere);
        degree += one.degree;
        ways *= one.ways;
        if (item.kind === 'look' || !isNullable(item)) endsHere = false;
      }
      return { degree, ways };
    }
    case 'repeat':
      return costOfRepeat(expression, isLast);
    case 'look':
      return cost(expression.item, false);
    case 'atomic':
    case 'group':
      return cost(expression.item, isLast);
  }
}

function costOfRepeat({ item, least, most }: Expression & { kind: 'repeat' }, isLast: boolean): Cost {
  // JavaScript takes no turn of a loop that takes no characters; Oniguruma does, once.
  if (most > least && isNullable(item)) return { degree: 0, ways: Infinity };
  const hasOneWay = isRigid(item);
  if (most > mostWays) return { degree: isLast ? 0 : 1, ways: hasOneWay ? 1 : Infinity };
  if (hasOneWay) return { degree: 0, ways: 1 + most - least };
  const inside = cost(item, isLast && most === 1);
  return { degree: inside.degree * most, ways: (1 + inside.ways) ** most };
}

/** Whether an expression matches at a place in one way at most: characters in a row. */
function isRigid(expression: Expression): boolean {
  if (expression.kind === 'choice') return false;
  if (expression.kind === 'repeat' && expression.least !== expression.most) return false;
  return partsOf(expression).every(isRigid) && widthOf(expression) !== undefined;
}

function total(costs: readonly Cost[]): number {
  return costs.reduce((sum, { ways }) => sum + ways, 0);
}

/**
 * Whether what an option's first loop has read in vain is read by the options after it, which all begin with the same loop, the
 * last of them with nothing behind it: `\s*[\r\n]+|\s+(?!\S)|\s+`. Nothing is then read more than a few times.
 */
function isTakenUp(options: readonly Expression[], i: number): boolean {
  const loop = firstLoop(options[i]!);
  const later = i === options.length - 1 ? [] : options.slice(i + 1);
  const last = later.at(-1);
  if (loop === undefined || last?.kind !== 'repeat' || last.most !== Infinity || last.least > 1) return false;
  return later.every((option) => firstLoop(option) === loop && !isNullable(option));
}

/** The characters that an expression begins with a loop of. */
function firstLoop(expression: Expression): string | undefined {
  if (expression.kind === 'sequence') return expression.items[0] && firstLoop(expression.items[0]);
  if (expression.kind !== 'repeat' || expression.most !== Infinity || expression.item.kind !== 'set') return undefined;
  return expression.item.source;
}
