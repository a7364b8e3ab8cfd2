import { describe, expect, it } from 'vitest';
import { DataError, textWidth } from '../core/index.ts';
import { silentProgress } from '../progress/index.ts';
import { type Command, defineCommand, type Io } from './command.ts';
import { InterruptedError } from './errors.ts';
import { runProgram } from './program.ts';

const greet = defineCommand({
  name: 'greet',
  summary: 'Greets people by name',
  description: 'It is polite. 한국어로도 인사합니다.',
  flags: {
    times: { type: 'integer', min: 1, max: 9, default: 1, help: 'How often each is greeted' },
    volume: { type: 'number', above: 0, default: 5e-5, help: 'How loud' },
    style: { type: 'choice', choices: ['warm', 'cold'], default: 'warm', help: 'The tone', group: 'Manner' },
    bow: { type: 'boolean', default: true, help: 'Bows first', group: 'Manner' },
    guests: { type: 'file', repeated: true, help: 'A list of further names', group: 'Manner' },
    a_name_that_is_much_longer_than_others: {
      type: 'string',
      otherwise: 'none',
      help: 'Stands above its help',
      group: 'Manner',
    },
  },
  positionals: { name: 'name', help: 'Who is greeted', required: true, repeated: true },
  examples: [{ command: 'qkv greet Ada --times 2', help: 'Twice' }],
  async run({ flags, positionals }, io) {
    for (const name of positionals) io.stdout.write(`Hello ${name}! `.repeat(flags.times));
  },
});

const failing = (error: unknown): Command =>
  defineCommand({ name: 'fail', summary: 'Fails', flags: {}, run: () => Promise.reject(error) });

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function qkv(
  words: string[],
  { more = [], signal, width = 80 }: { more?: Command[]; signal?: AbortSignal; width?: number } = {},
): Promise<Outcome> {
  let out = '';
  let err = '';
  const io: Io = {
    stdout: {
      columns: width,
      write: (text) => {
        out += text;
      },
    },
    stderr: {
      write: (text) => {
        err += text;
      },
    },
    stdin: (async function* () {})(),
    env: {},
    signal: signal ?? new AbortController().signal,
    progress: silentProgress,
    colored: false,
  };
  const commands = [greet, ...more].map((command) => ({ name: command.name, load: async () => command }));
  const code = await runProgram(words, io, { commands, version: '1.2.3', reportTo: 'https://example.org/issues' });
  return { code, out, err };
}

describe('runProgram', () => {
  it('runs a command with its flags and words', async () => {
    expect(await qkv(['greet', 'Ada', '민수', '--times', '2'])).toEqual({
      code: 0,
      out: 'Hello Ada! Hello Ada! Hello 민수! Hello 민수! ',
      err: '',
    });
  });

  it('prints the version', async () => {
    for (const words of [['--version'], ['-v'], ['greet', '--version']]) {
      expect(await qkv(words)).toEqual({ code: 0, out: '1.2.3\n', err: '' });
    }
  });

  it('prints the help of the program', async () => {
    const { out, code } = await qkv([]);
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "qkv: train, fine-tune, evaluate and run transformers in TypeScript.

      Usage
        qkv <command> [flags]

      Commands
        greet     Greets people by name.

      Flags of every command
        -h, --help           Prints the help of the command.
        -v, --version        Prints the version.
        --color, --no_color  Colours or none. Else as NO_COLOR and FORCE_COLOR say,
                             and only on a terminal.

      \`qkv help <command>\` tells the flags of a command; \`qkv doctor\` says what runs
      on this machine.
      "
    `);
    for (const words of [['--help'], ['-h'], ['help']]) expect((await qkv(words)).out).toBe(out);
  });

  it('prints the help of a command from its declaration', async () => {
    const { out, code } = await qkv(['help', 'greet']);
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "qkv greet: Greets people by name.

      Usage
        qkv greet [flags] <name> ...

      It is polite. 한국어로도 인사합니다.

      Words
        <name>    Who is greeted.

      Flags
        --times <integer>  How often each is greeted. At least 1 and at most 9.
                           Default: 1.
        --volume <number>  How loud. More than 0. Default: 5e-5.

      Manner
        --style <name>   The tone. One of warm, cold. Default: warm.
        --bow, --no_bow  Bows first. Default: true.
        --guests <file>  A list of further names. May be repeated.
        --a_name_that_is_much_longer_than_others <text>
                         Stands above its help. Default: none.

      Examples
        Twice:
          qkv greet Ada --times 2

      Flags may also be written with dashes, and with \`=\` before the value:
      --a-name-that-is-much-longer-than-others=<text>.
      "
    `);
    for (const words of [
      ['greet', '--help'],
      ['greet', '--nonsense', '-h'],
      ['--help', 'greet'],
    ]) {
      expect((await qkv(words)).out).toBe(out);
    }
  });

  it('fits the help to the terminal', async () => {
    for (const width of [20, 40, 60, 100, 200]) {
      const { out } = await qkv(['help', 'greet'], { width });
      const lines = out.split('\n').filter((line) => !/--a_name|qkv greet|greet:/.test(line));
      for (const line of lines) expect(textWidth(line), line).toBeLessThanOrEqual(Math.min(100, Math.max(width, 24)));
    }
  });

  it('leaves --help to the words after --', async () => {
    expect((await qkv(['greet', '--', '--help'])).out).toBe('Hello --help! ');
  });

  it('exits with 2 where the words make no sense', async () => {
    expect(await qkv(['greeet'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "error: qkv: there is no command 'greeet'; did you mean greet? \`qkv help\` tells what each does.
      ",
        "out": "",
      }
    `);
    expect(await qkv(['bake'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "error: qkv: there is no command 'bake'; the commands are greet. \`qkv help\` tells what each does.
      ",
        "out": "",
      }
    `);
    expect(await qkv(['--times', 'greet'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "error: qkv: --times stands where the command belongs; write \`qkv <command> --times\`, and see \`qkv help\`.
      ",
        "out": "",
      }
    `);
    expect(await qkv(['greet'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "error: qkv greet: <name> is missing: who is greeted; \`qkv help greet\` lists the flags.
      ",
        "out": "",
      }
    `);
    expect(await qkv(['greet', 'Ada', '--times', '10'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "error: qkv greet: --times is '10'; a whole number of at least 1 and at most 9 is needed.
      ",
        "out": "",
      }
    `);
    expect((await qkv(['help', 'nothing'])).code).toBe(2);
  });

  it('exits with 1 and the message alone where qkv foresaw the failure', async () => {
    const error = new DataError('load_dataset: reviews.tsv is empty; a header and a row are needed.', {
      cause: new Error('read 0 bytes'),
    });
    expect(await qkv(['fail'], { more: [failing(error)] })).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "error: load_dataset: reviews.tsv is empty; a header and a row are needed.
        because: read 0 bytes
      ",
        "out": "",
      }
    `);
  });

  it('says what the system refused, without a stack', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(await qkv(['fail'], { more: [failing(full)] })).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "error: qkv: the disk is full (ENOSPC: no space left on device, write).
      ",
        "out": "",
      }
    `);
  });

  it('shows the stack of a mistake and where to report it', async () => {
    const { code, err } = await qkv(['fail'], { more: [failing(new TypeError('x is not a function'))] });
    expect(code).toBe(1);
    expect(err).toMatch(/^TypeError: x is not a function\n\s+at /);
    expect(err.split('\n').at(-2)).toMatchInlineSnapshot(
      `"This is a mistake in qkv. Please report it at https://example.org/issues, with the lines above and what \`qkv doctor\` prints."`,
    );
    expect((await qkv(['fail'], { more: [failing('a string')] })).err).toMatch(/^a string\n\nThis is a mistake/);
  });

  it('exits with the code that a command returns', async () => {
    const picky = defineCommand({ name: 'picky', summary: 'Returns', flags: {}, run: async () => 1 });
    expect((await qkv(['picky'], { more: [picky] })).code).toBe(1);
  });

  it('exits with 130 when interrupted, silently unless saving failed', async () => {
    const interruption = new AbortController();
    const waiting = defineCommand({
      name: 'wait',
      summary: 'Waits',
      flags: {
        saves: { type: 'boolean', default: false, help: 'Ends without an error' },
        breaks: { type: 'boolean', default: false, help: 'Fails while it stops' },
      },
      async run({ flags }, { signal }) {
        interruption.abort(new InterruptedError(130));
        if (flags.breaks) throw new DataError('save: the folder is gone; make it again.');
        if (!flags.saves) signal.throwIfAborted();
      },
    });
    const options = { more: [waiting], signal: interruption.signal };
    expect(await qkv(['wait'], options)).toEqual({ code: 130, out: '', err: '' });
    expect(await qkv(['wait', '--saves'], options)).toEqual({ code: 130, out: '', err: '' });
    expect(await qkv(['wait', '--breaks'], options)).toEqual({
      code: 130,
      out: '',
      err: 'error: save: the folder is gone; make it again.\n',
    });
  });
});
