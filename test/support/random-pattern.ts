/** What random regular expressions are made of. */
export interface PatternParts {
  /** Expressions that match one character or none. */
  readonly leaves: readonly string[];
  /** What may be looked for behind a place: expressions of a fixed length. */
  readonly behind: readonly string[];
  /** Whether there are references back to what a group matched. */
  readonly references: boolean;
}

/** A regular expression of Oniguruma's kind, `depth` levels deep, from numbers from 0 up to 1. */
export function randomPattern(random: () => number, depth: number, parts: PatternParts): string {
  const pick = (...list: readonly string[]): string => list[Math.floor(random() * list.length)]!;
  const inside = () => randomPattern(random, depth - 1, parts);
  if (depth === 0) return pick(...parts.leaves);
  switch (Math.floor(random() * (parts.references ? 10 : 9))) {
    case 0:
      return `(?:${inside()}|${inside()}|${inside()})`;
    case 1:
      return `(?:${inside()})${pick('*', '+', '?', '{2}', '{1,2}', '*?', '+?', '??', '{0,2}?', '{2,}')}`;
    case 2:
      return `(?:${inside()})${pick('*', '+', '?')}+`;
    case 3:
      return `(?>${inside()})`;
    case 4:
      return `(?${pick('=', '!')}${inside()})`;
    case 5:
      return `(?<${pick('=', '!')}${pick(...parts.behind)})`;
    case 9:
      return `(${pick('a', '[ab]', '.')})\\1`;
    default:
      return inside() + inside();
  }
}
