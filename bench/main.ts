// npm run bench -- [question …] [--rounds N] [--case TEXT] [--peer TEXT] [--threads N] [--json] [--list]
import { parseArgs } from 'node:util';
import { compare, type Row } from './harness/compare.ts';
import type { Question } from './harness/question.ts';
import { loadQuestions } from './harness/questions.ts';
import { jsonLines, table } from './harness/report.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    case: { type: 'string' },
    peer: { type: 'string' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

const questions = await loadQuestions();
if (values.list) {
  for (const { name, asks, cases } of questions) {
    if (values.json) console.log(JSON.stringify({ question: name, asks, cases: cases.map((one) => one.name) }));
    else console.log(`${name.padEnd(14)}${asks}`);
  }
} else {
  process.exitCode = await ask(positionals.map(questionNamed));
}

/** Asks the questions one after the other. 1 when qkv could not be measured, or computed something else than a peer. */
async function ask(asked: readonly Question[]): Promise<number> {
  if (asked.length === 0)
    throw new Error(`bench: no question was named; name one or more of ${questions.map((q) => q.name).join(', ')}.`);
  const threads = positiveInteger('threads', values.threads);
  let failed = false;
  for (const question of asked) {
    const rounds = values.rounds === undefined ? question.rounds : positiveInteger('rounds', values.rounds);
    const rows: Row[] = [];
    for (const workload of question.cases.filter((one) => one.name.includes(values.case ?? ''))) {
      const peers = workload.peers.filter((peer) => peer.name.includes(values.peer ?? ''));
      rows.push(...(await compare(question, { ...workload, peers }, { rounds, threads, onProgress })));
    }
    onProgress('');
    if (rows.length === 0)
      throw new Error(`bench: ${question.name} has no such case or peer; leave out --case and --peer to see all.`);
    console.log(values.json ? jsonLines(rows) : `${table(question, rows)}\n`);
    failed ||= rows.some((row) => row.differs !== undefined || row.ours === null);
  }
  return failed ? 1 : 0;
}

function questionNamed(name: string): Question {
  const found = questions.find((question) => question.name === name);
  if (!found) throw new Error(`bench: there is no question ${name}; there are ${questions.map((q) => q.name).join(', ')}.`);
  return found;
}

function positiveInteger(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`bench: --${flag} is ${text}; it takes a whole number from 1.`);
  return value;
}

/** One line that the next one replaces; on something that is not a terminal, nothing. */
function onProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${line}`);
}
