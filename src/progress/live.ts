import { textWidth } from '../core/index.ts';
import { Count } from './count.ts';
import { drawLine } from './line.ts';
import type { Output } from './output.ts';
import type { BarOptions, Progress, ProgressBar, ProgressFields } from './progress.ts';

/** How a live display draws. */
export interface LiveProgressOptions {
  readonly colored?: boolean;
  readonly unicode?: boolean;
  /** Other outputs of the same terminal: what is written there appears above the bars. */
  readonly beside?: readonly Output[];
  /** Milliseconds from any fixed moment. */
  readonly now?: () => number;
}

const frameMs = 100;
/** The clock has to go on while a long step runs. */
const idleFrameMs = 1000;

type Write = Output['write'];

/**
 * Progress that redraws itself in place on a terminal, one line a bar, the newest lowest, at most ten times a second.
 * While bars run, whatever else is written to this output or to those beside it is printed above them.
 */
export class LiveProgress implements Progress {
  readonly #output: Output;
  readonly #options: LiveProgressOptions;
  readonly #now: () => number;
  readonly #bars = new Set<LiveBar>();
  /** Undoes what `#guard` did. */
  #unguard: (() => void)[] = [];
  #write: Write;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The widths of the lines on the screen, from the top. */
  #drawn: number[] = [];
  #drawnAt = Number.NEGATIVE_INFINITY;
  #isStale = false;
  /** Somebody wrote a line without its end; drawing now would stand in the middle of it. */
  #isLineOpen = false;

  constructor(output: Output, options: LiveProgressOptions = {}) {
    this.#output = output;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#write = (text) => output.write(text);
  }

  log(line: string): void {
    this.#erase();
    this.#print(line);
    this.#draw();
  }

  start(options: BarOptions): ProgressBar {
    const bar: LiveBar = new LiveBar(new Count(options, this.#now), options.leave ?? this.#bars.size === 0, {
      changed: () => this.#change(),
      log: (line) => this.log(line),
      ended: () => this.#end(bar),
    });
    if (this.#bars.size === 0) this.#open();
    this.#bars.add(bar);
    this.#draw();
    return bar;
  }

  #open(): void {
    this.#guard();
    this.#timer = setInterval(() => {
      const since = this.#now() - this.#drawnAt;
      if ((this.#isStale && since >= frameMs) || since >= idleFrameMs) this.#draw();
    }, frameMs);
    // A display must not keep a process alive. (In a browser the timer is a number, and there is nothing to keep.)
    (this.#timer as { unref?: () => void }).unref?.();
  }

  #end(bar: LiveBar): void {
    this.#erase();
    this.#bars.delete(bar);
    if (bar.leave) this.#print(this.#line(bar));
    if (this.#bars.size > 0) {
      this.#draw();
      return;
    }
    clearInterval(this.#timer);
    for (const undo of this.#unguard) undo();
    this.#unguard = [];
  }

  /** Draws at once where the last drawing is old enough, else leaves it to the timer. */
  #change(): void {
    this.#isStale = true;
    if (this.#now() - this.#drawnAt >= frameMs) this.#draw();
  }

  #line(bar: LiveBar): string {
    const { colored = false, unicode = true } = this.#options;
    // One column less than there is: terminals differ in what a full line does to the cursor.
    return drawLine(bar.count, { width: (this.#output.columns ?? 80) - 1, colored, unicode });
  }

  #draw(): void {
    if (this.#isLineOpen) return;
    this.#isStale = false;
    this.#drawnAt = this.#now();
    const height = Math.max(1, (this.#output.rows ?? 24) - 1);
    const lines = [...this.#bars].slice(-height).map((bar) => this.#line(bar));
    if (lines.length === 0) return;
    this.#write(`${this.#eraseCode()}${lines.join('\n')}`);
    this.#drawn = lines.map(textWidth);
  }

  /** A line that stays. */
  #print(line: string): void {
    this.#write(`${this.#isLineOpen ? '\n' : ''}${line}\n`);
    this.#isLineOpen = false;
  }

  #erase(): void {
    const code = this.#eraseCode();
    if (code !== '') this.#write(code);
    this.#drawn = [];
  }

  /** Back to where the first line starts, and everything after it gone. A line drawn before the terminal became narrower takes several rows. */
  #eraseCode(): string {
    if (this.#drawn.length === 0) return '';
    const columns = Math.max(1, this.#output.columns ?? 80);
    const rows = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return `${rows > 1 ? `\x1b[${rows - 1}A` : ''}\r\x1b[J`;
  }

  /** Lets others write above the bars, by standing in front of the outputs' `write` for as long as bars run. */
  #guard(): void {
    for (const output of [this.#output, ...(this.#options.beside ?? [])]) {
      const hadOwn = Object.hasOwn(output, 'write');
      const original = output.write;
      const write = (...rest: Parameters<Write>) => original.apply(output, rest);
      if (output === this.#output) this.#write = write;
      const guarded = (...rest: Parameters<Write>) => {
        this.#erase();
        const result = write(...rest);
        const [text] = rest as [unknown];
        this.#isLineOpen = typeof text === 'string' ? text !== '' && !text.endsWith('\n') : false;
        this.#isStale = true;
        return result;
      };
      output.write = guarded;
      this.#unguard.push(() => {
        // Somebody else may have put theirs over ours since; theirs stays, and ours has nothing left to erase.
        if (output.write !== guarded) return;
        if (hadOwn) output.write = original;
        else delete (output as Partial<Output>).write;
      });
    }
  }
}

interface LiveBarHooks {
  readonly changed: () => void;
  readonly log: (line: string) => void;
  readonly ended: () => void;
}

class LiveBar implements ProgressBar {
  readonly count: Count;
  readonly leave: boolean;
  readonly #hooks: LiveBarHooks;
  #isEnded = false;

  constructor(count: Count, leave: boolean, hooks: LiveBarHooks) {
    this.count = count;
    this.leave = leave;
    this.#hooks = hooks;
  }

  get n(): number {
    return this.count.n;
  }

  get total(): number | undefined {
    return this.count.total;
  }

  set total(total: number | undefined) {
    this.count.total = total;
    if (!this.#isEnded) this.#hooks.changed();
  }

  update(n = 1, fields?: ProgressFields): void {
    this.count.add(n, fields);
    if (!this.#isEnded) this.#hooks.changed();
  }

  log(line: string): void {
    this.#hooks.log(line);
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#hooks.ended();
  }

  [Symbol.dispose](): void {
    this.end();
  }
}
