import { nearest } from '../core/index.ts';
import type { Command, Io } from './command.ts';
import { describeError, exitCodes, InterruptedError, UsageError } from './errors.ts';
import { commandHelp, programHelp } from './help.ts';

/** A command that is loaded when it is needed. */
export interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<Command>;
}

/** What `runProgram` needs to know beside the words. */
export interface ProgramOptions {
  readonly commands: readonly CommandEntry[];
  readonly version: string;
  /** Where mistakes are reported. */
  readonly reportTo: string;
}

/**
 * Runs `qkv` with the words of a command line and gives the exit code: 0 done, 1 failed, 2 not understood, 130 interrupted.
 * Errors are printed, never thrown.
 */
export async function runProgram(words: readonly string[], io: Io, options: ProgramOptions): Promise<number> {
  try {
    const code = await dispatch(words, io, options);
    return interruption(io)?.exitCode ?? code;
  } catch (error) {
    const interrupted = interruption(io);
    if (interrupted !== undefined && isAbort(error, interrupted)) return interrupted.exitCode;
    io.stderr.write(`${describeError(error, options.reportTo)}\n`);
    return interrupted?.exitCode ?? (error instanceof UsageError ? exitCodes.usage : exitCodes.failed);
  }
}

async function dispatch(words: readonly string[], io: Io, { commands, version }: ProgramOptions): Promise<number> {
  const style = { width: io.stdout.columns ?? 80, colored: io.colored };
  const [first, ...rest] = words;
  const print = (text: string) => {
    io.stdout.write(text);
    return exitCodes.ok;
  };
  const helpOf = async (entry: CommandEntry) => print(commandHelp(await entry.load(), style));

  if (first === '--version' || first === '-v') return print(`${version}\n`);
  if (first === undefined || isHelp(first) || first === 'help') {
    const about = rest.filter((word) => !word.startsWith('-'));
    if (about.length > 0) return helpOf(find(commands, about).entry);
    return print(programHelp(await Promise.all(commands.map((entry) => entry.load())), style));
  }
  if (first.startsWith('-')) {
    throw new UsageError(
      `qkv: ${first} stands where the command belongs; write \`qkv <command> ${first}\`, and see \`qkv help\`.`,
    );
  }
  const { entry, words: following } = find(commands, words);
  const own = following.slice(0, following.includes('--') ? following.indexOf('--') : undefined);
  if (own.some(isHelp)) return helpOf(entry);
  if (own.includes('--version') || own.includes('-v')) return print(`${version}\n`);
  return (await entry.load()).execute(following, io);
}

/** The command that the first two words name, or else the first one, and the words after its name. */
function find(
  commands: readonly CommandEntry[],
  [name = '', second, ...rest]: readonly string[],
): { entry: CommandEntry; words: readonly string[] } {
  const longer = second === undefined ? undefined : commands.find((entry) => entry.name === `${name} ${second}`);
  if (longer !== undefined) return { entry: longer, words: rest };
  const found = commands.find((entry) => entry.name === name);
  if (found !== undefined) return { entry: found, words: second === undefined ? [] : [second, ...rest] };
  const names = commands.map((entry) => entry.name);
  const near = nearest(name, names);
  throw new UsageError(
    `qkv: there is no command '${name}'; ${near === undefined ? `the commands are ${names.join(', ')}` : `did you mean ${near}?`}${near === undefined ? '.' : ''} \`qkv help\` tells what each does.`,
  );
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

function interruption({ signal }: Io): InterruptedError | undefined {
  return signal.aborted && signal.reason instanceof InterruptedError ? signal.reason : undefined;
}

/** Whether an error only says that the work was stopped, as it was asked to. */
function isAbort(error: unknown, reason: InterruptedError): boolean {
  return error === reason || (error instanceof Error && error.name === 'AbortError');
}
