import { accessSync, constants, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type NamedValues, nearest, type OptionRow, type OptionRows, type OptionValues, whatIsNeeded } from '../core/index.ts';
import type { CommandInput, PositionalRow } from './command.ts';
import { UsageError } from './errors.ts';

/** As much of a command as parsing needs. */
export interface Parsable<Flags extends OptionRows> {
  readonly name: string;
  readonly flags: Flags;
  readonly positionals?: PositionalRow;
}

/** Refuses the command line; `end` is what follows the problem. */
type Fail = (problem: string, end?: string) => never;

interface Word {
  readonly kind: 'option' | 'positional' | 'option-terminator';
  readonly index: number;
  readonly name?: string;
  readonly rawName?: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/**
 * The words after a command's name as typed values.
 *
 * Flags are written `--name value` or `--name=value`, with underscores as Hugging Face writes them or with dashes. A boolean is
 * `--name`, `--no_name` or `--name=false`; in a command that takes no other words also `--name false`, as HfArgumentParser reads it.
 * Given twice, the later counts, unless the flag may be repeated. After `--` everything is a word of its own.
 * @throws UsageError for the first thing that cannot be understood.
 */
export function parseArguments<Flags extends OptionRows>(
  command: Parsable<Flags>,
  words: readonly string[],
): CommandInput<Flags> {
  const { name, flags, positionals } = command;
  const fail: Fail = (problem, end = `; \`qkv help ${name}\` lists the flags.`) => {
    throw new UsageError(`qkv ${name}: ${problem}${end}`);
  };
  const given: Record<string, unknown> = {};
  const rest: string[] = [];

  const tokens = tokenize(flags, words);
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind === 'positional') rest.push(token.value!);
    if (token.kind !== 'option') continue;
    const { rawName = '', value: text } = token;
    const { flag, isNegated } = findFlag(flags, token.name!);
    const row = Object.hasOwn(flags, flag) ? flags[flag] : undefined;
    if (row === undefined) {
      const near = rawName.startsWith('--') ? nearest(flag, Object.keys(flags)) : undefined;
      if (near === undefined) fail(`${rawName} is not a flag`);
      fail(`${rawName} is not a flag; did you mean --${near}?`, ` \`qkv help ${name}\` lists the flags.`);
    }
    if (row.type === 'boolean') {
      const next = tokens[i + 1];
      const isNextOurs =
        text === undefined && positionals === undefined && next?.kind === 'positional' && isTrueOrFalse(next.value!);
      if (isNextOurs) i++;
      const word = isNextOurs ? next.value : text;
      if (isNegated && word !== undefined) fail(`${rawName} takes no value; write --${flag}=${word}`, '.');
      given[flag] = word === undefined ? !isNegated : readBoolean(word, rawName, fail);
    } else {
      const value = readValue(row, token, flags, fail);
      given[flag] = row.repeated ? [...((given[flag] as unknown[] | undefined) ?? []), value] : value;
    }
  }

  checkPositionals(positionals, rest, fail);
  const values: Record<string, unknown> = {};
  for (const [flag, row] of Object.entries(flags)) {
    if (given[flag] === undefined && row.required) fail(`--${flag} is missing${describeValue(row)}`);
    values[flag] = given[flag] ?? row.default ?? (row.repeated ? [] : undefined);
  }
  return { flags: values as OptionValues<Flags>, given: given as Partial<OptionValues<Flags>>, positionals: rest };
}

/** The words split into flags, values and the rest by Node's own parser, which knows each flag in all its spellings. */
function tokenize(flags: OptionRows, words: readonly string[]): Word[] {
  const options: Record<string, { type: 'string' | 'boolean' }> = {};
  for (const [flag, row] of Object.entries(flags)) {
    const type = row.type === 'boolean' ? 'boolean' : 'string';
    for (const spelling of [flag, flag.replaceAll('_', '-')]) options[spelling] = { type };
  }
  return parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/** The flag that was written, or the name as it would be spelled where there is none. */
function findFlag(flags: OptionRows, written: string): { flag: string; isNegated: boolean } {
  const flag = written.replaceAll('-', '_');
  const positive = flag.slice('no_'.length);
  const isNegated = flag.startsWith('no_') && !Object.hasOwn(flags, flag) && flags[positive]?.type === 'boolean';
  return { flag: isNegated ? positive : flag, isNegated };
}

const trueWords = ['true', 'yes', 'on', '1'];
const falseWords = ['false', 'no', 'off', '0'];

function isTrueOrFalse(text: string): boolean {
  return /^(true|false)$/i.test(text);
}

function readBoolean(text: string, rawName: string, fail: Fail): boolean {
  const word = text.toLowerCase();
  if (!trueWords.includes(word) && !falseWords.includes(word)) fail(`${rawName} is '${text}'; true or false is needed`, '.');
  return trueWords.includes(word);
}

function readValue(
  row: OptionRow,
  { rawName, value: text, inlineValue }: Word,
  flags: OptionRows,
  fail: Fail,
): string | number | NamedValues {
  if (text === undefined || text === '') fail(`${rawName} needs a value${describeValue(row)}`, '.');
  if (!inlineValue && text.startsWith('--')) {
    const isFlag = Object.hasOwn(flags, findFlag(flags, text.slice(2).split('=')[0]!).flag);
    const why = isFlag ? `, and ${text} is a flag` : `; one that begins with -- is written ${rawName}=${text}`;
    fail(`${rawName} needs a value${describeValue(row)}${why}`, '.');
  }
  const isNumber = row.type === 'integer' || row.type === 'number';
  const value = row.type === 'values' ? namedValues(text) : isNumber ? numberOr(text) : text;
  const needed = whatIsNeeded(row, value);
  const example = row.type === 'values' ? ', as a=1,b=true or as JSON' : '';
  if (needed !== undefined) fail(`${rawName} is '${text}'; ${needed}${example}`, needed.endsWith('?') ? '' : '.');
  checkPath(row, text, (problem) => fail(`${rawName}: ${problem}`, '.'));
  return value;
}

/** The number that a text stands for, or the text. */
function numberOr(text: string): number | string {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

/** Values by name from Hugging Face's two ways to write them, `a=1,b=true` and JSON; the text where it is neither. */
function namedValues(text: string): NamedValues | string {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text) as NamedValues;
    } catch {
      return text;
    }
  }
  const pairs = text.split(',').map((pair) => /^\s*([^=\s]+)\s*=\s*(\S+)\s*$/.exec(pair));
  if (pairs.includes(null)) return text;
  return Object.fromEntries(
    pairs.map((pair) => [pair![1]!, isTrueOrFalse(pair![2]!) ? /^true$/i.test(pair![2]!) : numberOr(pair![2]!)]),
  );
}

function describeValue(row: OptionRow): string {
  return row.type === 'choice' ? `: one of ${row.choices.join(', ')}` : ` (${lowerFirst(row.help)})`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A file has to be there before any work begins; a folder may be made later, but not where a file stands. */
function checkPath(row: OptionRow, path: string, fail: Fail): void {
  if (row.type !== 'file' && row.type !== 'folder') return;
  if (row.type === 'file' && row.stdin && path === '-') return;
  const found = statSync(path, { throwIfNoEntry: false });
  if (row.type === 'folder') {
    if (found !== undefined && !found.isDirectory()) fail(`'${path}' is a file; a folder is needed`);
    return;
  }
  if (found === undefined) fail(`there is no file '${path}'`);
  if (found.isDirectory()) fail(`'${path}' is a folder; a file is needed`);
  try {
    accessSync(path, constants.R_OK);
  } catch {
    fail(`the file '${path}' may not be read; its permissions forbid it`);
  }
}

function checkPositionals(
  row: PositionalRow | undefined,
  words: readonly string[],
  fail: (problem: string, end?: string) => never,
) {
  if (row === undefined) {
    if (words.length > 0) fail(`'${words[0]}' belongs to no flag, and this command takes flags only`);
    return;
  }
  if (row.required && words.length === 0) fail(`<${row.name}> is missing: ${lowerFirst(row.help)}`);
  if (!row.repeated && words.length > 1) fail(`'${words[1]}' is one word too many; put quotes around a text with spaces`, '.');
}
