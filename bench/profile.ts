// npm run bench:profile -- CASE [--question NAME] [--turns N] [--top N]: where a step's time goes, by kind of node and, on ONNX Runtime, shape.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadQuestions } from './harness/questions.ts';
import { SideProcess } from './harness/side-process.ts';

/** An event of the trace that ONNX Runtime writes, and qkv for OpenVINO, which tells no shapes; times in µs. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly ts: number;
  readonly args?: {
    readonly op_name?: string;
    readonly input_type_shape?: readonly Shapes[];
    readonly output_type_shape?: readonly Shapes[];
  };
}
type Shapes = Readonly<Record<string, readonly number[]>>;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    question: { type: 'string', default: 'train-step' },
    turns: { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
    top: { type: 'string', default: '25' },
  },
});
const questions = await loadQuestions();
const cases = questions.find(({ name }) => name === flags.question)?.cases ?? [];
const chosen = cases.find(({ name }) => name.includes(positionals.join(' ')));
if (!chosen)
  throw new Error(`bench:profile: there is no such case; ${flags.question} has ${cases.map(({ name }) => name).join('; ')}.`);

const folder = mkdtempSync(join(tmpdir(), 'qkv-profile-'));
try {
  process.env.QKV_ORT_PROFILE = join(folder, 'session');
  process.env.QKV_OPENVINO_PROFILE = join(folder, 'model');
  const side = new SideProcess(chosen.ours);
  await side.setup(chosen, Number(flags.threads));
  for (let turn = 0; turn < Number(flags.turns); turn++) await side.run();
  await side.done();
  if (side.missing) throw new Error(`bench:profile: ${side.missing}`);
  const traces = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as TraceEvent[]);
  // The step is the session that ran longest; smaller ones draw weights or read a number.
  const runsOf = (trace: TraceEvent[]) => trace.filter(({ name }) => name === 'model_run');
  const total = (events: readonly TraceEvent[]) => events.reduce((sum, { dur }) => sum + dur, 0);
  const trace = traces.reduce((a, b) => (total(runsOf(a)) >= total(runsOf(b)) ? a : b));
  show(chosen.name, trace, runsOf(trace));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function show(name: string, trace: readonly TraceEvent[], runs: readonly TraceEvent[]): void {
  // The first runs allocate.
  const counted = runs.slice(Math.min(3, runs.length - 1));
  const within = ({ ts }: TraceEvent) => counted.some((run) => ts >= run.ts && ts < run.ts + run.dur);
  const nodes = trace.filter((event) => event.cat === 'Node' && event.name.endsWith('_kernel_time') && within(event));
  const whole = counted.reduce((sum, { dur }) => sum + dur, 0) / counted.length;
  const line = (time: number, count: number, what: string) =>
    `${(time / 1000).toFixed(2).padStart(9)} ms ${((100 * time) / whole).toFixed(1).padStart(5)} %  ${String(count).padStart(5)}×  ${what}`;
  const table = (title: string, keyOf: (event: TraceEvent) => string) => {
    const sums = new Map<string, { time: number; count: number }>();
    for (const event of nodes) {
      const sum = sums.get(keyOf(event)) ?? { time: 0, count: 0 };
      sums.set(keyOf(event), { time: sum.time + event.dur / counted.length, count: sum.count + 1 / counted.length });
    }
    const rows = [...sums].sort((a, b) => b[1].time - a[1].time).slice(0, Number(flags.top));
    console.log(`\n${title}\n${rows.map(([what, { time, count }]) => line(time, Math.round(count), what)).join('\n')}`);
  };
  console.log(
    `${name}: ${(whole / 1000).toFixed(1)} ms a run over ${counted.length} runs, the nodes inside loops counted with the loop and by themselves`,
  );
  table('By kind', ({ args }) => args?.op_name ?? '?');
  if (!nodes.some(({ args }) => args?.input_type_shape)) return;
  table(
    'By kind and shapes',
    ({ args }) => `${args?.op_name}  ${shapesOf(args?.input_type_shape)} → ${shapesOf(args?.output_type_shape)}`,
  );
}

function shapesOf(list: readonly Shapes[] = []): string {
  const texts = list.map((one) =>
    Object.values(one)
      .map((shape) => `[${shape.join(',')}]`)
      .join(''),
  );
  return texts.length > 4 ? `${texts.slice(0, 4).join(' ')} … (${texts.length})` : texts.join(' ');
}
