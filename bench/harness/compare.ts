import { cpus } from 'node:os';
import type { Case, Question } from './question.ts';
import { median } from './serve.ts';
import { SideProcess } from './side-process.ts';
import { estimate, mulberry32, shuffled } from './statistics.ts';

/** One line of the result: qkv against one peer. What could not be measured is null, and `missing` says why. */
export interface Row {
  readonly question: string;
  readonly case: string;
  readonly peer: string;
  /** The peer's value divided by ours, paired within a round: above 1, ours is the better. The median over the rounds. */
  readonly ratio: number | null;
  /** The ratio's 95 % interval (bootstrap of the median). */
  readonly low: number | null;
  readonly high: number | null;
  /** Medians over the rounds. */
  readonly ours: number | null;
  readonly theirs: number | null;
  readonly unit: Case['unit'];
  readonly rounds: number;
  /** Why this row has no ratio. */
  readonly missing?: string;
  /** How the two sides' results differ where they should not. */
  readonly differs?: string;
  readonly threads: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly cpu: string;
  /** Share of the machine, in %, that other programs took just before: above a few, the times mean little. */
  readonly busy: number;
}

/** What `compare` may be told. */
export interface CompareOptions {
  readonly rounds: number;
  /**
   * Over how many processes of each side the rounds are spread. Every turn of a process may be a tenth faster or slower than
   * another's, which the interval of one process does not show.
   */
  readonly processes: number;
  readonly threads: number;
  /** Called as the work goes on, with one line of text. */
  readonly onProgress: (line: string) => void;
}

/**
 * Asks one case: starts every side, then asks each in turn, round after round, in an order that is shuffled for every
 * round. A change of the machine's speed then meets all sides alike, and each round gives one paired ratio per peer.
 */
export async function compare(question: Question, workload: Case, options: CompareOptions): Promise<Row[]> {
  const { rounds, processes, threads, onProgress } = options;
  const ours = new SideProcess(workload.ours);
  const peers = workload.peers.map((side) => new SideProcess(side));
  const sides = [ours, ...peers];
  const busy = await busyShare();
  const random = mulberry32(1);
  for (let process = 0, round = 0; process < processes; process++) {
    const until = Math.round((rounds * (process + 1)) / processes);
    try {
      for (const side of sides) {
        onProgress(`${workload.name}: starting ${side.side.name}`);
        await side.setup(workload, threads);
      }
      for (; round < until; round++) {
        for (const position of shuffled(sides.length, random)) {
          onProgress(`${workload.name}: round ${round + 1} of ${rounds}, ${sides[position]!.side.name}`);
          await sides[position]!.run();
        }
      }
    } finally {
      await Promise.all(sides.map((side) => side.done()));
    }
  }
  const rows = peers.map((peer) => rowOf(question, workload, ours, peer.side.name, peer));
  if (workload.goal !== undefined) rows.push(rowOf(question, workload, ours, 'goal', goalSide(workload, ours)));
  const cpu = `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} logical cores`;
  return rows.map((row) => ({ ...row, threads, cpu, busy }));
}

/** The share of all cores' time, in %, that is not idle during one second in which we do nothing. */
async function busyShare(): Promise<number> {
  const before = cpus();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  let [idle, total] = [0, 0];
  for (const [i, { times }] of cpus().entries()) {
    const past = before[i]?.times ?? times;
    idle += times.idle - past.idle;
    total += Object.values(times).reduce((a, b) => a + b, 0) - Object.values(past).reduce((a, b) => a + b, 0);
  }
  return total > 0 ? Math.round((1 - idle / total) * 100) : 0;
}

type Measured = Pick<SideProcess, 'values' | 'missing' | 'versions' | 'check'>;

function goalSide(workload: Case, ours: SideProcess): Measured {
  // One more than the rounds, so that the goal shows where qkv is missing.
  return { values: [...ours.values, 0].map(() => workload.goal!), missing: null, versions: {}, check: null };
}

function rowOf(
  question: Question,
  workload: Case,
  ours: SideProcess,
  peer: string,
  theirs: Measured | SideProcess,
): Omit<Row, 'threads' | 'cpu' | 'busy'> {
  const missing = theirs.missing ?? (ours.missing === null ? null : `${ours.side.name}: ${ours.missing}`);
  const ratios = missing === null ? ours.values.map((value, round) => theirs.values[round]! / value) : [];
  const ratio = ratios.length > 0 ? estimate(ratios) : null;
  const difference = missing === null && theirs instanceof SideProcess ? differenceOf(ours, theirs) : null;
  return {
    question: question.name,
    case: workload.name,
    peer,
    ratio: ratio?.median ?? null,
    low: ratio?.low ?? null,
    high: ratio?.high ?? null,
    ours: ours.missing === null && ours.values.length > 0 ? median(ours.values) : null,
    theirs: theirs.missing === null && theirs.values.length > 0 ? median(theirs.values) : null,
    unit: workload.unit,
    rounds: ratios.length,
    ...(missing === null ? {} : { missing }),
    ...(difference === null ? {} : { differs: difference }),
    versions: { ...ours.versions, ...theirs.versions },
  };
}

function differenceOf(ours: SideProcess, theirs: SideProcess): string | null {
  const { agreesWithin } = theirs.side;
  if (agreesWithin === undefined) return null;
  if (!ours.check || !theirs.check || ours.check.length !== theirs.check.length) return 'the sides gave nothing to compare';
  for (const [i, value] of ours.check.entries()) {
    const other = theirs.check[i]!;
    if (!(Math.abs(value - other) <= agreesWithin * Math.abs(other))) {
      return `check ${i} is ${value} here and ${other} there; they may differ by ${agreesWithin} of it`;
    }
  }
  return null;
}
