// npm run bench -- question … [--rounds N] [--processes N] [--case TEXT] [--peer TEXT] [--threads N] [--json], or --list
import { parseArgs } from 'node:util';
import { compare, type Row } from './harness/compare.ts';
import type { Question } from './harness/question.ts';
import { loadQuestions } from './harness/questions.ts';
import { jsonLines, table } from './harness/report.ts';

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? `bench: ${error.message}` : error);
  process.exitCode = 2;
}

/** Status 1: qkv could not be measured, or computed something else than a peer. */
async function main(): Promise<number> {
  const { values: flags, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      processes: { type: 'string', default: '1' },
      case: { type: 'string', default: '' },
      peer: { type: 'string', default: '' },
      threads: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  const questions = await loadQuestions();
  if (flags.list) {
    for (const { name, asks, cases } of questions) {
      if (flags.json) console.log(JSON.stringify({ question: name, asks, cases: cases.map((one) => one.name) }));
      else console.log(`${name.padEnd(14)}${asks}`);
    }
    return 0;
  }
  const names = questions.map((question) => question.name).join(', ');
  if (positionals.length === 0) throw new Error(`no question was named; name one or more of ${names}.`);
  const asked = positionals.map((name) => {
    const found = questions.find((question) => question.name === name);
    if (!found) throw new Error(`there is no question ${name}; there are ${names}.`);
    return found;
  });
  const threads = positiveInteger('threads', flags.threads);
  const processes = positiveInteger('processes', flags.processes);
  const rounds = flags.rounds === undefined ? null : positiveInteger('rounds', flags.rounds);
  let failed = false;
  for (const question of asked) {
    const rows = await ask(question, {
      rounds: rounds ?? question.rounds,
      processes,
      threads,
      caseText: flags.case,
      peerText: flags.peer,
    });
    console.log(flags.json ? jsonLines(rows) : `${table(question, rows)}\n`);
    failed ||= rows.some((row) => row.differs !== undefined || row.ours === null);
  }
  return failed ? 1 : 0;
}

interface Asking {
  readonly rounds: number;
  readonly processes: number;
  readonly threads: number;
  /** Only cases and peers with this in their names. */
  readonly caseText: string;
  readonly peerText: string;
}

/** Asks one question, case after case. */
async function ask(question: Question, { rounds, processes, threads, caseText, peerText }: Asking): Promise<Row[]> {
  const rows: Row[] = [];
  // A whole name means that case, though it stands in the names of others.
  const exact = question.cases.filter(({ name }) => name === caseText);
  for (const workload of exact.length > 0 ? exact : question.cases.filter(({ name }) => name.includes(caseText))) {
    const peers = workload.peers.filter((peer) => peer.name.includes(peerText));
    rows.push(...(await compare(question, { ...workload, peers }, { rounds, processes, threads, onProgress })));
  }
  onProgress('');
  if (rows.length === 0) throw new Error(`${question.name} has no such case or peer; leave out --case and --peer to see all.`);
  return rows;
}

function positiveInteger(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${flag} is ${text}; it takes a whole number from 1.`);
  return value;
}

/** One line that the next one replaces; on something that is not a terminal, nothing. */
function onProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${line}`);
}
