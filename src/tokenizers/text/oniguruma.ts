import { youngCharacters } from './characters.ts';

/**
 * A regular expression of Oniguruma, which tokenizer.json is written for, as one of JavaScript's (for the flags g and v).
 * Where the two would read one spelling in two ways, the result says what Oniguruma means.
 * @throws SyntaxError naming what has no like in JavaScript.
 */
export function fromOniguruma(source: string): string {
  return new Translator(source).whole();
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

/** Reads from left to right; what it has read is written out at once. */
class Translator {
  readonly #source: string;
  #at = 0;
  #ignoresCase = false;
  #atomics = 0;

  constructor(source: string) {
    this.#source = source;
  }

  whole(): string {
    const result = this.#alternatives();
    if (this.#at < this.#source.length) throw new SyntaxError('a parenthesis that closes nothing');
    return result;
  }

  /** Up to the parenthesis that closes the group, or the end. */
  #alternatives(): string {
    const before = this.#ignoresCase;
    let result = '';
    while (this.#at < this.#source.length && this.#source[this.#at] !== ')') {
      if (this.#take('|')) {
        result += '|';
        continue;
      }
      result += this.#quantified(this.#atom());
    }
    this.#ignoresCase = before;
    return result;
  }

  #quantified(atom: string): string {
    let result = atom;
    for (;;) {
      const found = /^(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})/.exec(this.#source.slice(this.#at, this.#at + 24))?.[0];
      if (found === undefined) return result;
      if (atom === '') throw new SyntaxError(`${found} after nothing`);
      this.#at += found.length;
      const isInterval = found.startsWith('{');
      const body = `${result}${found.replace('{,', '{0,')}`;
      if (this.#take('?')) result = `${body}?`;
      else if (!isInterval && this.#take('+')) result = this.#atomic(body);
      else result = body;
      // A quantifier of a quantifier repeats the whole.
      if (/^[*+?{]/.test(this.#source.slice(this.#at, this.#at + 1))) result = `(?:${result})`;
    }
  }

  /** What has matched once is kept: a look-ahead does not go back into its inside. */
  #atomic(body: string): string {
    const name = `atomic${this.#atomics++}`;
    return `(?:(?=(?<${name}>${body}))\\k<${name}>)`;
  }

  #atom(): string {
    const c = this.#next();
    if (c === '(') return this.#group();
    if (c === '[') return this.#class();
    if (c === '\\') return this.#escape();
    if (c === '.') return '[^\\n]';
    if (c === '^') return '(?<![^\\n])';
    if (c === '$') return '(?![^\\n])';
    if (/[*+?]/.test(c)) throw new SyntaxError(`${c} after nothing`);
    return this.#literal(c);
  }

  #group(): string {
    if (!this.#take('?')) return this.#closed('(');
    for (const start of [':', '=', '!', '<=', '<!']) if (this.#take(start)) return this.#closed(`(?${start}`);
    if (this.#take('>')) return this.#atomic(this.#closed('(?:'));
    const named = /^<[A-Za-z_]\w*>/.exec(this.#source.slice(this.#at))?.[0];
    if (named !== undefined) {
      this.#at += named.length;
      return this.#closed(`(?${named}`);
    }
    const flags = /^(-?i)(:|\))/.exec(this.#source.slice(this.#at));
    if (flags === null) throw new SyntaxError(`the group (?${this.#source.slice(this.#at, this.#at + 2)}...)`);
    this.#at += flags[0].length;
    const before = this.#ignoresCase;
    this.#ignoresCase = flags[1] === 'i';
    // Without a colon the flag holds to the end of the group that it stands in.
    if (flags[2] === ')') return '(?:)';
    const result = this.#closed('(?:');
    this.#ignoresCase = before;
    return result;
  }

  #closed(start: string): string {
    const inside = this.#alternatives();
    if (!this.#take(')')) throw new SyntaxError('a group that is not closed');
    return `${start}${inside})`;
  }

  #escape(): string {
    const c = this.#next();
    if (c === 'b') return `(?:(?<=${word()})(?!${word()})|(?<!${word()})(?=${word()}))`;
    if (c === 'B') return `(?:(?<=${word()})(?=${word()})|(?<!${word()})(?!${word()}))`;
    if (c === 'A') return '(?<![^])';
    if (c === 'z') return '(?![^])';
    if (c === 'Z') return '(?=\\n?(?![^]))';
    if (c === 'R') return '(?:\\r\\n|[\\n-\\r\\x85\\u2028\\u2029])';
    if (/[1-9]/.test(c)) return `(?:\\${c})`;
    if (c === 'k') {
      const name = /^<[A-Za-z_]\w*>/.exec(this.#source.slice(this.#at))?.[0];
      if (name === undefined) throw new SyntaxError('\\k without a name');
      this.#at += name.length;
      return `\\k${name}`;
    }
    return this.#characterEscape(c);
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
