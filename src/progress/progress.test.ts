import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { textWidth } from '../core/index.ts';
import { Count } from './count.ts';
import { drawLine } from './line.ts';
import { LiveProgress } from './live.ts';
import { progress } from './loop.ts';
import type { Output } from './output.ts';
import { PlainProgress } from './plain.ts';
import { type BarOptions, silentProgress } from './progress.ts';

/** Collects what is written. */
class Pipe implements Output {
  text = '';
  write(text: string): boolean {
    this.text += text;
    return true;
  }
  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

/** A terminal with as much of one as the display uses: line ends, carriage returns, cursor up, erase below. */
class Screen implements Output {
  readonly isTTY = true;
  readonly rows = 24;
  columns = 80;
  writes = 0;
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  write(text: string): boolean {
    this.writes++;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this reads
    for (const [token] of text.matchAll(/\x1b\[\d*[A-Za-z]|[\s\S]/gu)) {
      if (token === '\r') this.#column = 0;
      else if (token === '\n') {
        this.#row++;
        this.#column = 0;
        this.#lines[this.#row] ??= '';
      } else if (token.endsWith('A') && token.length > 1) this.#row -= Number(token.slice(2, -1));
      else if (token === '\x1b[J') {
        this.#lines.length = this.#row + 1;
        this.#lines[this.#row] = this.#lines[this.#row]!.slice(0, this.#column);
      } else if (token.length > 1 && token.startsWith('\x1b')) continue;
      else {
        const line = this.#lines[this.#row]!;
        this.#lines[this.#row] = line.slice(0, this.#column) + token + line.slice(this.#column + token.length);
        this.#column += token.length;
      }
    }
    return true;
  }

  /** As terminals do: lines that no longer fit go on in the next row. */
  narrowTo(columns: number): void {
    this.columns = columns;
    this.#lines = this.#lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? ['']);
    this.#row = this.#lines.length - 1;
    this.#column = this.#lines[this.#row]!.length;
  }

  get text(): string {
    return this.#lines.join('\n').trimEnd();
  }
}

/** The clock that both timers and displays go by. */
const now = () => Date.now();

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

const counted = (options: BarOptions, n: number, seconds: number, fields = {}) => {
  const count = new Count(options, now);
  for (let second = 0; second < seconds; second++) {
    vi.advanceTimersByTime(1000);
    count.add(n / seconds, fields);
  }
  return count;
};

describe('a line', () => {
  const fields = { loss: 0.31206, learning_rate: 4.1e-5, 'tokens/s': 5230 };

  it('holds label, bar, count, percent, figures, speed, time gone and left', () => {
    const count = counted({ label: 'train', total: 1500 }, 300, 10, fields);
    expect(drawLine(count, { width: 110 })).toMatchInlineSnapshot(
      `"train  ━━━━━───────────────────────  300/1500  20%  loss 0.3121  lr 4.10e-5  5.23k tokens/s  0:10 <0:40"`,
    );
    expect(drawLine(count, { width: 110, unicode: false })).toMatchInlineSnapshot(
      `"train  #####-----------------------  300/1500  20%  loss 0.3121  lr 4.10e-5  5.23k tokens/s  0:10 <0:40"`,
    );
    expect(drawLine(counted({ label: 'read' }, 50, 10), { width: 110 })).toMatchInlineSnapshot(`"read  50  5/s  0:10"`);
    expect(drawLine(counted({ label: '내려받기', total: 8.9e7, unit: 'bytes' }, 1e7, 10), { width: 80 })).toMatchInlineSnapshot(
      `"내려받기  ━━━─────────────────────────  10 MB/89 MB  11%  1 MB/s  0:10 <1:19"`,
    );
  });

  it('gives up the bar, then figures, then the rest, as room gets short', () => {
    const count = counted({ label: '훈련', total: 1500 }, 300, 10, fields);
    expect([90, 70, 60, 50, 40, 30, 20, 12, 5, 1].map((width) => drawLine(count, { width }))).toMatchInlineSnapshot(`
      [
        "훈련  ━━━─────────────  300/1500  20%  loss 0.3121  lr 4.10e-5  5.23k tokens/s  0:10 <0:40",
        "훈련  ━━──────────  300/1500  20%  loss 0.3121  lr 4.10e-5  0:10 <0:40",
        "훈련  300/1500  20%  loss 0.3121  lr 4.10e-5  0:10 <0:40",
        "훈련  300/1500  20%  loss 0.3121  0:10 <0:40",
        "훈련  300/1500  loss 0.3121  0:10 <0:40",
        "훈련  300/1500  0:10 <0:40",
        "훈련  300/1500",
        "훈련  300/1…",
        "훈련…",
        "…",
      ]
    `);
    for (let width = 1; width < 150; width++)
      expect(textWidth(drawLine(count, { width, colored: true }))).toBeLessThanOrEqual(width);
  });

  it('is right at the ends', () => {
    expect(drawLine(new Count({ label: 'nothing', total: 0 }, now), { width: 60 })).toMatchInlineSnapshot(
      `"nothing  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━  0/0  100%  0:00"`,
    );
    expect(drawLine(counted({ label: 'all', total: 10 }, 10, 5), { width: 60 })).toMatchInlineSnapshot(
      `"all  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━  10/10  100%  2/s  0:05"`,
    );
    expect(drawLine(counted({ label: 'more', total: 10 }, 20, 5), { width: 60 })).toMatchInlineSnapshot(
      `"more  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━  20/10  100%  4/s  0:05"`,
    );
    expect(() => new Count({ label: 'x', total: Number.NaN }, now)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: progress: total is NaN; a number of at least 0 is needed.]`,
    );
  });
});

describe('Count', () => {
  it('goes by the speed of late, not by what was done before a resume', () => {
    const count = new Count({ label: 'train', total: 1000, initial: 500 }, now);
    for (let second = 0; second < 100; second++) {
      vi.advanceTimersByTime(1000);
      count.add(second < 50 ? 1 : 4);
    }
    expect(count.n).toBe(750);
    expect(count.speed).toBeCloseTo(4, 5);
    expect(count.left).toBeCloseTo(62.5, 3);
    expect(count.elapsed).toBe(100);
  });
});

describe('PlainProgress', () => {
  it('writes a line every few seconds and one at the end', () => {
    const pipe = new Pipe();
    const bar = new PlainProgress(pipe, { now }).start({ label: 'train', total: 40 });
    for (let step = 1; step <= 40; step++) {
      vi.advanceTimersByTime(300);
      bar.update(1, { loss: 1 / step });
    }
    bar.log('checkpoint saved');
    bar.end();
    bar.end();
    expect(pipe.text).toMatchInlineSnapshot(`
      "train  17/40  42%  loss 0.05882  3.33/s  0:05 elapsed, 0:06 left
      train  34/40  85%  loss 0.02941  3.33/s  0:10 elapsed, 0:01 left
      checkpoint saved
      train  40/40  100%  loss 0.02500  3.33/s  0:12 elapsed
      "
    `);
  });

  it('writes no escape codes, and nothing for a short bar inside another', () => {
    const pipe = new Pipe();
    const plain = new PlainProgress(pipe, { now });
    const outer = plain.start({ label: 'train', total: 2 });
    const inner = plain.start({ label: 'evaluate', total: 5 });
    inner.update(5);
    inner.end();
    outer.update(2);
    outer.end();
    expect(pipe.lines).toEqual(['train  2/2  100%  0:00 elapsed']);
    expect(pipe.text).not.toContain('\x1b');
  });
});

describe('LiveProgress', () => {
  it('redraws one line at most ten times a second', () => {
    const screen = new Screen();
    const bar = new LiveProgress(screen, { now }).start({ label: 'train', total: 10_000 });
    const before = screen.writes;
    for (let step = 0; step < 5000; step++) {
      bar.update(1, { loss: 0.5 });
      vi.advanceTimersByTime(1);
    }
    expect(screen.writes - before).toBeLessThanOrEqual(50);
    expect(screen.writes - before).toBeGreaterThan(30);
    expect(screen.text).toMatchInlineSnapshot(
      `"train  ━━━━━━━━━━━━────────────  5000/10000  50%  loss 0.5000  1k/s  0:05 <0:05"`,
    );
    bar.end();
  });

  it('keeps the clock going while a step runs, and stops its timer at the end', () => {
    const screen = new Screen();
    const bar = new LiveProgress(screen, { now }).start({ label: 'train', total: 10 });
    vi.advanceTimersByTime(3000);
    expect(screen.text).toContain('0:03');
    bar.end();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('prints logged lines above, and keeps the finished line', () => {
    const screen = new Screen();
    const live = new LiveProgress(screen, { now });
    const bar = live.start({ label: 'train', total: 3 });
    bar.update(1);
    bar.log('first checkpoint');
    live.log('second line');
    bar.update(2);
    bar.end();
    bar.end();
    expect(screen.text).toMatchInlineSnapshot(`
      "first checkpoint
      second line
      train  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━  3/3  100%  0:00"
    `);
  });

  it('stacks bars, and takes an inner one away when it ends', () => {
    const screen = new Screen();
    const live = new LiveProgress(screen, { now });
    using outer = live.start({ label: 'train', total: 10 });
    outer.update(5);
    const inner = live.start({ label: 'evaluate', total: 4 });
    inner.update(2);
    vi.advanceTimersByTime(200);
    expect(screen.text).toMatchInlineSnapshot(`
      "train  ━━━━━━━━━━━━━━──────────────  5/10  50%  50/s  0:00 <0:00
      evaluate  ━━━━━━━━━━━━━━──────────────  2/4  50%  20/s  0:00 <0:00"
    `);
    inner.end();
    expect(screen.text.split('\n')).toHaveLength(1);
    expect(screen.text).toContain('train');
  });

  it('lets others write to the same terminal, above its line', () => {
    const screen = new Screen();
    const other: Output = { isTTY: true, write: (text) => Screen.prototype.write.call(screen, text) };
    const [ownWrite, otherWrite] = [screen.write, other.write];
    const bar = new LiveProgress(screen, { now, beside: [other] }).start({ label: 'train', total: 2 });
    bar.update(1);
    other.write('a warning\n');
    vi.advanceTimersByTime(200);
    screen.write('half a li');
    vi.advanceTimersByTime(2000);
    expect(screen.text).toBe('a warning\nhalf a li');
    screen.write('ne\n');
    vi.advanceTimersByTime(200);
    expect(screen.text).toMatchInlineSnapshot(`
      "a warning
      half a line
      train  ━━━━━━━━━━━━━━──────────────  1/2  50%  0.43/s  0:02 <0:02"
    `);
    bar.end();
    expect(screen.write).toBe(ownWrite);
    expect(Object.hasOwn(screen, 'write')).toBe(false);
    expect(other.write).toBe(otherWrite);
  });

  it('clears the rows that a line takes after the terminal became narrower', () => {
    const screen = new Screen();
    const bar = new LiveProgress(screen, { now }).start({ label: 'train', total: 2 });
    screen.narrowTo(30);
    bar.log('a line above');
    expect(screen.text).toMatchInlineSnapshot(`
      "a line above
      train  0/2  0%  0:00"
    `);
    bar.end();
  });
});

describe('progress', () => {
  const shown = () => {
    const pipe = new Pipe();
    return { pipe, options: { progress: new PlainProgress(pipe, { now }), label: 'rows' } };
  };

  it('follows a loop, with the total from the source', () => {
    const { pipe, options } = shown();
    const seen: string[] = [];
    for (const row of progress(['a', 'b', 'c'], options)) seen.push(row);
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(pipe.lines).toEqual(['rows  3/3  100%  0:00 elapsed']);
  });

  it('follows an asynchronous loop, and takes further figures', async () => {
    const { pipe, options } = shown();
    async function* rows() {
      yield* [1, 2];
    }
    const loop = progress(rows(), { ...options, total: 2 });
    for await (const row of loop) loop.bar.update(0, { row });
    expect(pipe.lines).toEqual(['rows  2/2  100%  row 2  0:00 elapsed']);
  });

  it('ends with the loop, also when the loop breaks or throws', () => {
    const { pipe, options } = shown();
    for (const row of progress(new Set([1, 2, 3]), options)) if (row === 2) break;
    const failing = () => {
      for (const _ of progress([1, 2, 3], options)) throw new Error('stop');
    };
    expect(failing).toThrow('stop');
    expect(pipe.lines).toEqual(['rows  1/3  33%  0:00 elapsed', 'rows  0/3  0%  0:00 elapsed']);
  });

  it('refuses `for` over a source that is only asynchronous', () => {
    const source: AsyncIterable<number> = { [Symbol.asyncIterator]: async function* () {} };
    expect(() => [...progress(source, shown().options)]).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: progress: the source can only be read asynchronously; write \`for await\`.]`,
    );
  });

  it('gives a bar to count by hand', () => {
    const { pipe, options } = shown();
    {
      using bar = progress({ ...options, total: 4 });
      bar.update(1, { loss: 0.25 });
      bar.total = 2;
      expect([bar.n, bar.total]).toEqual([1, 2]);
    }
    expect(pipe.lines).toEqual(['rows  1/2  50%  loss 0.2500  0:00 elapsed']);
  });

  it('shows nothing where nothing is wanted, and still counts', () => {
    const bar = progress({ progress: silentProgress, initial: 3 });
    bar.update();
    bar.update(2);
    expect(bar.n).toBe(6);
  });
});
