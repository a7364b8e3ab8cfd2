import { youngCharacters } from './characters.ts';
import { type Expression, set } from './expression.ts';

/**
 * Reads a regular expression of Oniguruma, which tokenizer.json is written for. Where JavaScript would read its spelling in
 * another way, the result says what Oniguruma means.
 * @throws SyntaxError naming what has no like here.
 */
export function parseOniguruma(source: string): Expression {
  return new Reader(source).whole();
}

/** An expression for the characters of a Unicode property, as the library's tables have it. */
function property(name: string, negated = false): string {
  const known = `[\\p{${name}}--[${youngCharacters.pattern}]]`;
  return negated ? `[^${known}]` : known;
}

const posix: Record<string, string> = {
  alpha: 'Alphabetic',
  digit: 'Nd',
  lower: 'Lowercase',
  upper: 'Uppercase',
  punct: 'P',
  space: 'White_Space',
  cntrl: 'Cc',
};

const controls: Record<string, string> = { a: '\\x07', e: '\\x1b', f: '\\f', n: '\\n', r: '\\r', t: '\\t', v: '\\v' };

/** Reads from left to right. */
class Reader {
  readonly #source: string;
  #at = 0;
  #ignoresCase = false;
  #groups = 0;

  constructor(source: string) {
    this.#source = source;
  }

  whole(): Expression {
    const result = this.#alternatives();
    if (this.#at < this.#source.length) throw new SyntaxError('a parenthesis that closes nothing');
    return result;
  }

  /** Up to the parenthesis that closes the group, or the end. */
  #alternatives(): Expression {
    const before = this.#ignoresCase;
    const options: Expression[][] = [[]];
    while (this.#at < this.#source.length && this.#source[this.#at] !== ')') {
      if (this.#take('|')) options.push([]);
      else options.at(-1)!.push(this.#quantified(this.#atom()));
    }
    this.#ignoresCase = before;
    const sequences = options.map((items): Expression => (items.length === 1 ? items[0]! : { kind: 'sequence', items }));
    return sequences.length === 1 ? sequences[0]! : { kind: 'choice', options: sequences };
  }

  #quantified(atom: Expression): Expression {
    let result = atom;
    for (;;) {
      const found = /^(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})/.exec(this.#source.slice(this.#at, this.#at + 24))?.[0];
      if (found === undefined) return result;
      if (isNothing(atom)) throw new SyntaxError(`${found} after nothing`);
      this.#at += found.length;
      const [least, most] = boundsOf(found);
      const isLazy = this.#take('?');
      result = { kind: 'repeat', item: result, least, most, isLazy };
      // What has matched once is kept.
      if (!isLazy && !found.startsWith('{') && this.#take('+')) result = { kind: 'atomic', item: result };
    }
  }

  #atom(): Expression {
    const c = this.#next();
    if (c === '(') return this.#group();
    if (c === '[') return set(this.#class());
    if (c === '\\') return this.#escape();
    if (c === '.') return set('[^\\n]');
    if (c === '^') return lineStart;
    if (c === '$') return look('ahead', true, '[^\\n]');
    if (/[*+?]/.test(c)) throw new SyntaxError(`${c} after nothing`);
    return set(this.#literal(c));
  }

  #group(): Expression {
    if (!this.#take('?')) return this.#captured(String(++this.#groups));
    if (this.#take(':')) return this.#closed();
    for (const [start, direction, isNegated] of looks)
      if (this.#take(start)) return { kind: 'look', item: this.#closed(), direction, isNegated };
    if (this.#take('>')) return { kind: 'atomic', item: this.#closed() };
    const named = /^<([A-Za-z_]\w*)>/.exec(this.#source.slice(this.#at));
    if (named !== null) {
      this.#at += named[0].length;
      return this.#captured(named[1]!);
    }
    const flags = /^(-?i)(:|\))/.exec(this.#source.slice(this.#at));
    if (flags === null) throw new SyntaxError(`the group (?${this.#source.slice(this.#at, this.#at + 2)}...)`);
    this.#at += flags[0].length;
    const before = this.#ignoresCase;
    this.#ignoresCase = flags[1] === 'i';
    // Without a colon the flag holds to the end of the group that it stands in.
    if (flags[2] === ')') return { kind: 'sequence', items: [] };
    const result = this.#closed();
    this.#ignoresCase = before;
    return result;
  }

  #captured(name: string): Expression {
    return { kind: 'group', name, item: this.#closed() };
  }

  #closed(): Expression {
    const inside = this.#alternatives();
    if (!this.#take(')')) throw new SyntaxError('a group that is not closed');
    return inside;
  }

  #escape(): Expression {
    const c = this.#next();
    if (c === 'b') return wordBoundary([false, true], [true, false]);
    if (c === 'B') return wordBoundary([false, false], [true, true]);
    if (c === 'A') return look('behind', true, '[^]');
    if (c === 'z') return look('ahead', true, '[^]');
    if (c === 'Z') {
      const item: Expression = { kind: 'sequence', items: [optional(set('\\n')), look('ahead', true, '[^]')] };
      return { kind: 'look', item, direction: 'ahead', isNegated: false };
    }
    if (c === 'R') {
      const pair: Expression = { kind: 'sequence', items: [set('\\r'), set('\\n')] };
      return { kind: 'atomic', item: { kind: 'choice', options: [pair, set('[\\n-\\r\\x85\\u2028\\u2029]')] } };
    }
    if (/[1-9]/.test(c)) return { kind: 'reference', name: c };
    if (c === 'k') {
      const name = /^<([A-Za-z_]\w*)>/.exec(this.#source.slice(this.#at));
      if (name === null) throw new SyntaxError('\\k without a name');
      this.#at += name[0].length;
      return { kind: 'reference', name: name[1]! };
    }
    return set(this.#characterEscape(c));
  }

  /** An escape that stands for characters, in a class or outside of one. */
  #characterEscape(c: string, literal = (character: string) => this.#literal(character)): string {
    if (c === 's') return property('White_Space');
    if (c === 'S') return property('White_Space', true);
    if (c === 'd') return property('Nd');
    if (c === 'D') return property('Nd', true);
    if (c === 'w') return word();
    if (c === 'W') return `[^${word()}]`;
    if (c === 'h') return '[0-9a-fA-F]';
    if (c === 'H') return '[^0-9a-fA-F]';
    if (c === 'p' || c === 'P') return this.#property(c === 'P');
    if (Object.hasOwn(controls, c)) return controls[c]!;
    if (c === 'x' || c === 'u') {
      const code = /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4})|([0-9a-fA-F]{2}))/.exec(this.#source.slice(this.#at));
      const digits = c === 'u' ? code?.[2] : (code?.[1] ?? code?.[2]?.slice(0, 2) ?? code?.[3]);
      if (digits === undefined) throw new SyntaxError(`\\${c} without its digits`);
      this.#at += code?.[1] === undefined ? digits.length : digits.length + 2;
      return literal(String.fromCodePoint(Number.parseInt(digits, 16)));
    }
    if (/[A-Za-z0-9]/.test(c)) throw new SyntaxError(`the escape \\${c}`);
    return literal(c);
  }

  #property(isNegated: boolean): string {
    const name = /^\{(\^?)([^}]+)\}/.exec(this.#source.slice(this.#at));
    if (name === null) throw new SyntaxError('\\p without a name in braces');
    this.#at += name[0].length;
    const isScript = !/^[A-Z][a-z&]?$/.test(name[2]!);
    const isOther = isScript && /^(Alphabetic|White_Space|Lowercase|Uppercase|Letter|Number|Punctuation|Mark)$/i.test(name[2]!);
    const proper = isScript && !isOther ? `Script=${name[2]}` : name[2]!;
    return property(proper, isNegated !== (name[1] === '^'));
  }

  #class(): string {
    const isNegated = this.#take('^');
    const operands: string[] = [''];
    for (let first = true; ; first = false) {
      if (this.#at >= this.#source.length) throw new SyntaxError('a class that is not closed');
      if (this.#take(']')) {
        if (!first) break;
        operands[operands.length - 1] += '\\]';
        continue;
      }
      if (this.#take('&&')) {
        operands.push('');
        continue;
      }
      operands[operands.length - 1] += this.#member();
    }
    const body = operands.length === 1 ? operands[0]! : operands.map((operand) => `[${operand}]`).join('&&');
    return `[${isNegated ? '^' : ''}${body}]`;
  }

  /** One character of a class, a range, or a class inside it. */
  #member(): string {
    const named = /^\[:(\^?)(\w+):\]/.exec(this.#source.slice(this.#at));
    if (named !== null) {
      const name = posix[named[2]!];
      if (name === undefined) throw new SyntaxError(`the class [:${named[2]}:]`);
      this.#at += named[0].length;
      return property(name, named[1] === '^');
    }
    if (this.#take('[')) return this.#class();
    const before = this.#ignoresCase;
    this.#ignoresCase = false;
    const from = this.#classCharacter();
    let member = from;
    if (this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']' && !from.startsWith('[')) {
      this.#at++;
      member = `${from}-${this.#classCharacter()}`;
    }
    this.#ignoresCase = before;
    return before && !member.startsWith('[') ? bothCases(member) : member;
  }

  #classCharacter(): string {
    const c = this.#next();
    if (c !== '\\') return escapedInClass(c);
    const next = this.#next();
    return next === 'b' ? '\\x08' : this.#characterEscape(next, escapedInClass);
  }

  #literal(character: string): string {
    if (!this.#ignoresCase) return escaped(character);
    const all = casesOf(character);
    return all.length === 1 ? escaped(character) : `[${all.map(escapedInClass).join('')}]`;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #next(): string {
    const code = this.#source.codePointAt(this.#at);
    if (code === undefined) throw new SyntaxError('a backslash before nothing');
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    return character;
  }
}

const looks = [
  ['=', 'ahead', false],
  ['!', 'ahead', true],
  ['<=', 'behind', false],
  ['<!', 'behind', true],
] as const;

function look(direction: 'ahead' | 'behind', isNegated: boolean, source: string): Expression {
  return { kind: 'look', item: set(source), direction, isNegated };
}

/** The beginning of the text or of a line, but not the end of a text behind its last line. */
const lineStart: Expression = {
  kind: 'choice',
  options: [
    look('behind', true, '[^]'),
    { kind: 'sequence', items: [look('behind', false, '\\n'), look('ahead', false, '[^]')] },
  ],
};

/** Either of two: whether a word character is before and after. */
function wordBoundary(...sides: (readonly [isBefore: boolean, isAfter: boolean])[]): Expression {
  return {
    kind: 'choice',
    options: sides.map(([isBefore, isAfter]) => ({
      kind: 'sequence',
      items: [look('behind', !isBefore, word()), look('ahead', !isAfter, word())],
    })),
  };
}

function optional(item: Expression): Expression {
  return { kind: 'repeat', item, least: 0, most: 1, isLazy: false };
}

function isNothing(expression: Expression): boolean {
  return expression.kind === 'sequence' && expression.items.length === 0;
}

function boundsOf(quantifier: string): [least: number, most: number] {
  if (quantifier === '*') return [0, Infinity];
  if (quantifier === '+') return [1, Infinity];
  if (quantifier === '?') return [0, 1];
  const [, least, comma, most] = /^\{(\d*)(,?)(\d*)\}$/.exec(quantifier)!;
  if (comma === '') return [Number(least), Number(least)];
  return [Number(least), most === '' ? Infinity : Number(most)];
}

let wordCharacter: string | undefined;

/** An expression for what `\\w` means. */
function word(): string {
  wordCharacter ??= `[${['L', 'M', 'N', 'Pc'].map((name) => property(name)).join('')}]`;
  return wordCharacter;
}

/** A character where it means itself. */
function escaped(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

/** A character where it means itself in a class. */
function escapedInClass(character: string): string {
  return /[\\^$.*+?()[\]{}|/&!#%,:;<=>@`~-]/.test(character) ? `\\${character}` : character;
}

/** A character and those that differ from it in case alone. */
function casesOf(character: string): string[] {
  const all = new Set([character, character.toLowerCase(), character.toUpperCase()]);
  for (const [small, other] of [
    ['s', 'ſ'],
    ['k', '\u212a'],
    ['å', '\u212b'],
  ] as const) {
    if (all.has(small)) all.add(other);
    if (all.has(other)) for (const one of [small, small.toUpperCase()]) all.add(one);
  }
  return [...all].filter((one) => [...one].length === 1);
}

/** A character or range of a class, and what differs from it in case alone. */
function bothCases(member: string): string {
  const inRange = new RegExp(`[${member}]`, 'v');
  let result = member;
  for (let code = 0; code < 0x250; code++) {
    const character = String.fromCharCode(code);
    if (inRange.test(character)) for (const one of casesOf(character)) result += escapedInClass(one);
  }
  return result;
}
