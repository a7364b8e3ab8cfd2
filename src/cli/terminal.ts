import { defaultProgress, isColored } from '../progress/index.ts';
import type { Io } from './command.ts';
import { InterruptedError } from './errors.ts';
import { type ProgramOptions, runProgram } from './program.ts';

/** 128 and the signal's number. Windows knows Ctrl-C and Ctrl-Break; the others never come there. */
const exitCodeOf = { SIGINT: 130, SIGTERM: 143, SIGBREAK: 149 } as const;

/**
 * Runs `qkv` on this process's terminal and ends the process. The first Ctrl-C asks the command to stop and lets it
 * save what it has; the second ends it at once.
 */
export async function runFromTerminal(words: readonly string[], options: ProgramOptions): Promise<never> {
  const env = { ...process.env };
  const rest = takeColorFlag(words, env);
  const interruption = new AbortController();
  const onSignal = (name: keyof typeof exitCodeOf) => {
    if (interruption.signal.aborted) process.exit(exitCodeOf[name]);
    interruption.abort(new InterruptedError(exitCodeOf[name]));
    process.stderr.write(`${name === 'SIGTERM' ? 'Asked to end' : 'Interrupted'}: stopping; once more ends it at once.\n`);
  };
  for (const name of Object.keys(exitCodeOf) as (keyof typeof exitCodeOf)[]) {
    // Asking for a signal that the system does not have throws.
    if (name !== 'SIGBREAK' || process.platform === 'win32') process.on(name, onSignal);
  }
  // `qkv run … | head` closes our output early; that is no failure of ours.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  }

  const io: Io = {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env,
    signal: interruption.signal,
    get progress() {
      return defaultProgress();
    },
    colored: isColored(process.stdout, env),
  };
  const code = await runProgram(rest, io, options);
  // Threads of a runtime may still be waiting for work, so the process is ended by hand, but not before all is written.
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  process.exit(code);
}

/** `--color` and `--no_color` belong to every command and mean what FORCE_COLOR and NO_COLOR do. */
function takeColorFlag(words: readonly string[], env: Record<string, string | undefined>): string[] {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  return words.filter((word, i) => {
    if (i >= end) return true;
    const isOn = word === '--color';
    if (!isOn && word !== '--no_color' && word !== '--no-color') return true;
    env.FORCE_COLOR = isOn ? '1' : '0';
    process.env.FORCE_COLOR = env.FORCE_COLOR;
    return false;
  });
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
