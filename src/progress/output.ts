/** Something to write text to: `process.stdout` is one, and so is an object that collects what it is given. */
export interface Output {
  write(text: string): unknown;
  /** Whether it is a terminal. */
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal in characters. */
  readonly columns?: number | undefined;
  /** Height of the terminal in lines. */
  readonly rows?: number | undefined;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether lines may be redrawn in place: the output is a terminal that knows cursor movement. */
export function isLive(output: Output, env: Environment): boolean {
  return output.isTTY === true && env.TERM !== 'dumb';
}

/**
 * Whether to write colours: `NO_COLOR` (not empty) says no, `FORCE_COLOR` yes (`0` or `false`: no), else only on a terminal.
 * See https://no-color.org and https://force-color.org.
 */
export function isColored(output: Output, env: Environment): boolean {
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  return isLive(output, env);
}

/** Whether the terminal draws box characters. Old Windows consoles and the bare Linux console do not. */
export function isUnicode(env: Environment): boolean {
  if (env.TERM === 'linux') return false;
  if (env.OS !== 'Windows_NT') return true;
  return [env.WT_SESSION, env.TERM_PROGRAM, env.TERM, env.TERMINAL_EMULATOR, env.ConEmuTask].some(
    (known) => known !== undefined,
  );
}

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

/** Functions that put text in a style; where colours are off they give it back as it is. */
export type Styles = Readonly<Record<keyof typeof codes, (text: string) => string>>;

/** The styles for an output with colours or without. */
export function styles(colored: boolean): Styles {
  const entries = Object.entries(codes).map(([name, [on, off]]) => [
    name,
    (text: string) => (colored ? `\x1b[${on}m${text}\x1b[${off}m` : text),
  ]);
  return Object.fromEntries(entries) as Styles;
}
