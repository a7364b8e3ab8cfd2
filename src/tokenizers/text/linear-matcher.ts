import { type Expression, isNullable, widthOf } from './expression.ts';
import { widthAt } from './surrogates.ts';

/**
 * Finds the matches of a regular expression in time that grows with the text's length alone, whatever the expression: it
 * tries the ways in the order of a backtracking engine, and remembers for each place which choices have failed there.
 * References to groups are not possible so, and a look behind only where it has one width.
 *
 * Source: Davis, Servant and Lee, 2021, "Using selective memoization to defeat regular expression denial of service (ReDoS)".
 */
export class LinearMatcher {
  readonly #program: Program;

  /** @throws SyntaxError for what cannot be matched so. */
  constructor(expression: Expression) {
    this.#program = new Compiler({ left: mostOperations }).program(expression);
  }

  /** Calls `see` for the matches in a text, in order and not overlapping, the empty ones too. */
  find(text: string, see: (start: number, end: number) => void): void {
    const search = new Search(this.#program, text);
    for (let from = 0; from <= text.length; ) {
      const end = search.from(from);
      if (end >= 0) see(from, end);
      from = end > from ? end : from + widthAt(text, from);
    }
  }
}

const character = 0;
const choice = 1;
const jump = 2;
/** Back to a loop's choice; behind the loop where that was tried at this place already, which a turn of no characters leads to. */
const again = 3;
const inner = 4;
const finish = 5;

/** Operations, one after the other. */
interface Program {
  readonly operations: readonly number[];
  /** The set or the inner program of an operation, or where it goes on. */
  readonly first: readonly number[];
  /** Where a choice goes on when its first way fails, and what `again` goes to behind the loop. */
  readonly second: readonly number[];
  /** The number of each choice, and how many there are. */
  readonly numbers: readonly number[];
  readonly choices: number;
  readonly sets: readonly CharacterTest[];
  readonly inners: readonly Inner[];
  /** Whether a loop's inside can match nothing, so that a way may come back to where it was. */
  readonly hasEmptyLoop: boolean;
}

/** A look, or what is matched once and kept. */
interface Inner {
  readonly program: Program;
  readonly kind: 'look' | 'not' | 'atomic';
  /** How many characters a look behind goes back. */
  readonly back: number;
  /** The set, where that is all that is looked for. */
  readonly only: CharacterTest | undefined;
}

const mostOperations = 100_000;

class Compiler {
  readonly #budget: { left: number };
  readonly #operations: number[] = [];
  readonly #first: number[] = [];
  readonly #second: number[] = [];
  readonly #numbers: number[] = [];
  readonly #sets: CharacterTest[] = [];
  readonly #inners: Inner[] = [];
  #choices = 0;
  #hasEmptyLoop = false;

  constructor(budget: { left: number }) {
    this.#budget = budget;
  }

  program(expression: Expression): Program {
    this.#write(expression);
    this.#emit(finish);
    return {
      operations: this.#operations,
      first: this.#first,
      second: this.#second,
      numbers: this.#numbers,
      choices: this.#choices,
      sets: this.#sets,
      inners: this.#inners,
      hasEmptyLoop: this.#hasEmptyLoop,
    };
  }

  #write(expression: Expression): void {
    switch (expression.kind) {
      case 'set':
        this.#emit(character, this.#sets.push(testOf(expression.source)) - 1);
        return;
      case 'sequence':
        for (const item of expression.items) this.#write(item);
        return;
      case 'choice':
        this.#choose(expression.options);
        return;
      case 'repeat':
        this.#repeat(expression);
        return;
      case 'group':
        this.#write(expression.item);
        return;
      case 'atomic':
        this.#inside(expression.item, 'atomic', 0);
        return;
      case 'look': {
        const back = expression.direction === 'behind' ? widthOf(expression.item) : 0;
        if (back === undefined) throw new SyntaxError('a look behind of more than one width');
        this.#inside(expression.item, expression.isNegated ? 'not' : 'look', back);
        return;
      }
      case 'reference':
        throw new SyntaxError('a reference to a group');
    }
  }

  #choose(options: readonly Expression[]): void {
    const ends: number[] = [];
    for (const option of options.slice(0, -1)) {
      const at = this.#emit(choice);
      this.#write(option);
      ends.push(this.#emit(jump));
      this.#aim(at, false);
    }
    this.#write(options.at(-1)!);
    for (const end of ends) this.#first[end] = this.#operations.length;
  }

  #repeat({ item, least, most, isLazy }: Expression & { kind: 'repeat' }): void {
    for (let i = 0; i < least; i++) this.#write(item);
    if (most === Infinity) {
      const canBeEmpty = isNullable(item);
      if (canBeEmpty) this.#hasEmptyLoop = true;
      const at = this.#emit(choice);
      this.#write(item);
      const back = this.#emit(canBeEmpty ? again : jump, at);
      this.#second[back] = back + 1;
      this.#aim(at, isLazy);
      return;
    }
    const skips: number[] = [];
    for (let i = least; i < most; i++) {
      skips.push(this.#emit(choice));
      this.#write(item);
    }
    for (const at of skips) this.#aim(at, isLazy);
  }

  #inside(item: Expression, kind: Inner['kind'], back: number): void {
    const only = item.kind === 'set' && kind !== 'atomic' ? testOf(item.source) : undefined;
    this.#emit(inner, this.#inners.push({ program: new Compiler(this.#budget).program(item), kind, back, only }) - 1);
  }

  /** Lets a choice go on behind itself or here; lazily, here before. */
  #aim(at: number, isLazy: boolean): void {
    this.#first[at] = isLazy ? this.#operations.length : at + 1;
    this.#second[at] = isLazy ? at + 1 : this.#operations.length;
  }

  #emit(operation: number, first = 0): number {
    if (--this.#budget.left < 0) throw new SyntaxError('repetitions that make it too large');
    this.#first.push(first);
    this.#second.push(0);
    this.#numbers.push(operation === choice ? this.#choices++ : -1);
    return this.#operations.push(operation) - 1;
  }
}

/** One text, and what is known of the ways through it. */
class Search {
  readonly #program: Program;
  readonly #text: string;
  /** A bit for each choice and place that was tried: it failed, or is being tried, which leads nowhere new either. */
  readonly #tried: Uint32Array;
  readonly #inners: readonly InnerSearch[];
  readonly #stack: number[] = [];

  constructor(program: Program, text: string) {
    this.#program = program;
    this.#text = text;
    this.#tried = new Uint32Array(Math.ceil((program.choices * (text.length + 1)) / 32));
    this.#inners = program.inners.map((one) => new InnerSearch(one, text));
  }

  /** The end of the match that begins at a place, or -1. Places must come in order, the next not before the end of the last match. */
  from(start: number): number {
    const { operations, first, second, numbers, sets, choices } = this.#program;
    const text = this.#text;
    const places = text.length + 1;
    const stack = this.#stack;
    stack.length = 0;
    stack.push(0, start);
    while (stack.length > 0) {
      let place = stack.pop()!;
      let at = stack.pop()!;
      for (;;) {
        const operation = operations[at]!;
        if (operation === character) {
          if (!sets[first[at]!]!.holds(text, place)) break;
          place += widthAt(text, place);
          at++;
        } else if (operation === jump) at = first[at]!;
        else if (operation === again) at = this.#wasTried(numbers[first[at]!]! * places + place) ? second[at]! : first[at]!;
        else if (operation === choice) {
          const key = numbers[at]! * places + place;
          if (this.#wasTried(key)) break;
          this.#tried[key >>> 5]! |= 1 << (key & 31);
          stack.push(second[at]!, place);
          at = first[at]!;
        } else if (operation === inner) {
          place = this.#inners[first[at]!]!.from(place);
          if (place < 0) break;
          at++;
        } else {
          // The way of a match was tried too and did not fail. What comes next begins at its end.
          for (let number = 0; number < choices; number++) {
            const key = number * places + place;
            this.#tried[key >>> 5]! &= ~(1 << (key & 31));
          }
          return place;
        }
      }
    }
    return -1;
  }

  #wasTried(key: number): boolean {
    return ((this.#tried[key >>> 5]! >>> (key & 31)) & 1) === 1;
  }
}

const unknown = 0;
const failed = 1;
const open = 2;
/** Added to a place: the match ends there. */
const ended = 3;

/** Looks, and what is kept, in one text: asked at places in any order, again and again. */
class InnerSearch {
  readonly #inner: Inner;
  readonly #text: string;
  readonly #inners: readonly InnerSearch[];
  /** For each choice and place, what came of it; and for each place, of the whole. */
  #known: Int32Array | undefined;
  /** What failed while another choice was open, and might not have after it. */
  readonly #doubtful: number[] = [];

  constructor(one: Inner, text: string) {
    this.#inner = one;
    this.#text = text;
    this.#inners = one.program.inners.map((inside) => new InnerSearch(inside, text));
  }

  /** Where to go on from a place, or -1. */
  from(place: number): number {
    const { kind, back, only } = this.#inner;
    if (kind === 'atomic') return this.#end(place);
    const start = back === 0 ? place : this.#before(place, back);
    const found = start >= 0 && (only?.holds(this.#text, start) ?? this.#end(start) >= 0);
    return found === (kind === 'look') ? place : -1;
  }

  #before(place: number, characters: number): number {
    let start = place;
    for (let i = 0; i < characters && start >= 0; i++) {
      start--;
      if (start > 0 && widthAt(this.#text, start - 1) === 2) start--;
    }
    return start;
  }

  #end(start: number): number {
    const { operations, first, second, numbers, sets, choices, hasEmptyLoop } = this.#inner.program;
    const text = this.#text;
    const places = text.length + 1;
    this.#known ??= new Int32Array((choices + 1) * places);
    const known = this.#known;
    const whole = choices * places + start;
    if (known[whole] !== unknown) return known[whole] === failed ? -1 : known[whole]! - ended;
    // Negative operations close the choice of that number at their place.
    const stack = [-1 - choices, start, 0, start];
    let end = -1;
    while (stack.length > 0 && end < 0) {
      let place = stack.pop()!;
      let at = stack.pop()!;
      if (at < 0) {
        const key = (-1 - at) * places + place;
        known[key] = failed;
        if (hasEmptyLoop) this.#doubtful.push(key);
        continue;
      }
      for (;;) {
        const operation = operations[at]!;
        if (operation === character) {
          if (!sets[first[at]!]!.holds(text, place)) break;
          place += widthAt(text, place);
          at++;
        } else if (operation === jump) at = first[at]!;
        else if (operation === again) {
          const state = known[numbers[first[at]!]! * places + place]!;
          at = state === open || state === failed ? second[at]! : first[at]!;
        } else if (operation === choice) {
          const key = numbers[at]! * places + place;
          if (known[key]! >= ended) {
            end = known[key]! - ended;
            break;
          }
          if (known[key] !== unknown) break;
          known[key] = open;
          stack.push(-1 - numbers[at]!, place, second[at]!, place);
          at = first[at]!;
        } else if (operation === inner) {
          place = this.#inners[first[at]!]!.from(place);
          if (place < 0) break;
          at++;
        } else {
          end = place;
          break;
        }
      }
    }
    if (end >= 0) for (const key of this.#doubtful) known[key] = unknown;
    this.#doubtful.length = 0;
    // The choices that are still open are those of the way to the end.
    for (let i = 0; i < stack.length; i += 2) {
      if (stack[i]! < 0) known[(-1 - stack[i]!) * places + stack[i + 1]!] = ended + end;
    }
    return end;
  }
}

/** Tells the characters of a set; asks JavaScript's engine once for each. */
class CharacterTest {
  readonly #expression: RegExp;
  /** For each UTF-16 unit that is a character: 0 not asked yet, 1 no, 2 yes. */
  readonly #answers = new Uint8Array(0x10000);
  readonly #others = new Map<number, boolean>();

  constructor(source: string) {
    this.#expression = new RegExp(`^(?:${source})$`, 'v');
  }

  /** Whether the character at a place is one; false at the end of the text. */
  holds(text: string, place: number): boolean {
    if (place >= text.length) return false;
    const codePoint = text.codePointAt(place)!;
    if (codePoint < 0x10000) {
      if (this.#answers[codePoint] === 0) this.#answers[codePoint] = this.#ask(codePoint) ? 2 : 1;
      return this.#answers[codePoint] === 2;
    }
    let answer = this.#others.get(codePoint);
    if (answer === undefined) {
      answer = this.#ask(codePoint);
      this.#others.set(codePoint, answer);
    }
    return answer;
  }

  #ask(codePoint: number): boolean {
    return this.#expression.test(String.fromCodePoint(codePoint));
  }
}

/** The tests made so far: patterns name the same few sets again and again. */
const tests = /*@__PURE__*/ new Map<string, CharacterTest>();

function testOf(source: string): CharacterTest {
  let test = tests.get(source);
  if (test === undefined) {
    test = new CharacterTest(source);
    tests.set(source, test);
  }
  return test;
}
