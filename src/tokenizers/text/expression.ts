/** A regular expression as a tree. */
export type Expression =
  /** One character: `source` is an expression of JavaScript's (flag v) that matches it alone. */
  | { readonly kind: 'set'; readonly source: string }
  | { readonly kind: 'sequence'; readonly items: readonly Expression[] }
  /** The first of the options that leads to a match. */
  | { readonly kind: 'choice'; readonly options: readonly Expression[] }
  | {
      readonly kind: 'repeat';
      readonly item: Expression;
      readonly least: number;
      readonly most: number;
      readonly isLazy: boolean;
    }
  /** What has matched once is kept: no other way through `item` is tried. */
  | { readonly kind: 'atomic'; readonly item: Expression }
  /** Whether `item` matches ahead of this place, or behind it; takes no characters. */
  | {
      readonly kind: 'look';
      readonly item: Expression;
      readonly direction: 'ahead' | 'behind';
      readonly isNegated: boolean;
    }
  | { readonly kind: 'group'; readonly name: string; readonly item: Expression }
  /** What the group of that name has matched. */
  | { readonly kind: 'reference'; readonly name: string };

/** One character by an expression of JavaScript's. */
export function set(source: string): Expression {
  return { kind: 'set', source };
}

/** The expressions that one is made of, from left to right. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'set':
    case 'reference':
      return [];
    case 'sequence':
      return expression.items;
    case 'choice':
      return expression.options;
    default:
      return [expression.item];
  }
}

/** Whether an expression refers to what a group of it has matched. */
function hasReference(expression: Expression): boolean {
  return expression.kind === 'reference' || partsOf(expression).some(hasReference);
}

/** An expression that matches what this one matches and more: each reference stands for all that its group can match. */
export function withoutReferences(expression: Expression): Expression {
  const groups = new Map<string, Expression>();
  const rewritten = (one: Expression): Expression => {
    switch (one.kind) {
      case 'set':
        return one;
      case 'reference':
        return groups.get(one.name) ?? { kind: 'sequence', items: [] };
      case 'sequence':
        return { ...one, items: one.items.map(rewritten) };
      case 'choice':
        return { ...one, options: one.options.map(rewritten) };
      case 'group': {
        const item = rewritten(one.item);
        groups.set(one.name, item);
        return item;
      }
      default:
        return { ...one, item: rewritten(one.item) };
    }
  };
  return rewritten(expression);
}

/** Whether an expression can match no characters at all. */
export function isNullable(expression: Expression): boolean {
  switch (expression.kind) {
    case 'set':
      return false;
    case 'choice':
      return expression.options.some(isNullable);
    case 'repeat':
      return expression.least === 0 || isNullable(expression.item);
    case 'look':
    case 'reference':
      return true;
    default:
      return partsOf(expression).every(isNullable);
  }
}

/** How many characters an expression matches; undefined where that is not one number. */
export function widthOf(expression: Expression): number | undefined {
  switch (expression.kind) {
    case 'set':
      return 1;
    case 'look':
      return 0;
    case 'reference':
      return undefined;
    case 'repeat': {
      const { item, least, most } = expression;
      const width = widthOf(item);
      return width === undefined || least !== most ? undefined : width * least;
    }
    case 'choice': {
      const [first, ...others] = expression.options.map(widthOf);
      return others.every((width) => width === first) ? first : undefined;
    }
    default:
      return partsOf(expression).reduce<number | undefined>((sum, item) => {
        const width = widthOf(item);
        return sum === undefined || width === undefined ? undefined : sum + width;
      }, 0);
  }
}

/** The source of a regular expression of JavaScript's, for the flag v. */
export function toJavaScript(expression: Expression): string {
  const capturing = hasReference(expression);
  let atomics = 0;
  // A name of Oniguruma's has no $ in it.
  const named = (name: string) => `$${name}`;
  const grouped = (item: Expression) => (item.kind === 'set' ? write(item) : `(?:${write(item)})`);
  const write = (one: Expression): string => {
    switch (one.kind) {
      case 'set':
        // V8 as in Node 20 lets a negated class match anything in some loops; within another class it is right.
        return one.source.startsWith('[^') ? `[${one.source}]` : one.source;
      case 'sequence':
        return one.items.map((item) => (item.kind === 'choice' ? grouped(item) : write(item))).join('');
      case 'choice':
        return one.options.map(write).join('|');
      case 'repeat':
        return grouped(one.item) + quantifier(one.least, one.most) + (one.isLazy ? '?' : '');
      case 'atomic': {
        // A look-ahead does not go back into its inside.
        const name = named(`atomic${atomics++}`);
        return `(?:(?=(?<${name}>${write(one.item)}))\\k<${name}>)`;
      }
      case 'look':
        return `(?${one.direction === 'behind' ? '<' : ''}${one.isNegated ? '!' : '='}${write(one.item)})`;
      case 'group':
        return capturing ? `(?<${named(one.name)}>${write(one.item)})` : grouped(one.item);
      case 'reference':
        return `\\k<${named(one.name)}>`;
    }
  };
  return write(expression);
}

function quantifier(least: number, most: number): string {
  if (least === 0 && most === 1) return '?';
  if (most === Infinity) return least === 0 ? '*' : least === 1 ? '+' : `{${least},}`;
  return least === most ? `{${least}}` : `{${least},${most}}`;
}
