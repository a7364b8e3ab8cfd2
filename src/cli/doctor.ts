import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem, version } from 'node:os';
import { dirname } from 'node:path';
import { type Environment, formatBytes, isUnicode, padEnd, styles, wrap } from '../progress/index.ts';
import { defineCommand } from './command.ts';
import { exitCodes } from './errors.ts';
import { cpuFeatures, type Found, hubCache, installedVersion, memoryLimit, wasmFeatures } from './machine.ts';

/** What `qkv doctor --json` prints. */
export interface DoctorReport {
  readonly qkv: string;
  readonly node: { readonly version: string; readonly needed: string; readonly arch: string };
  readonly system: { readonly platform: string; readonly release: string; readonly name: string };
  readonly cpu: {
    readonly model: string;
    readonly threads: number;
    readonly cores: number;
    readonly features: Found<readonly string[]>;
  };
  readonly wasm: ReturnType<typeof wasmFeatures>;
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number; readonly limitBytes: number | null };
  /** Best first; the first one available is what runs unless told otherwise. */
  readonly runtimes: readonly {
    readonly name: string;
    readonly device: string;
    readonly available: boolean;
    readonly reason: string | null;
  }[];
  /** What is taken for each precision that can be asked for, of what the environment leaves open, and why; null for none. */
  readonly choices: Readonly<
    Record<'float32' | 'bfloat16', { readonly name: string; readonly precision: string; readonly reason: string } | null>
  >;
  /** The packages that bring the runtimes. */
  readonly packages: readonly {
    readonly name: string;
    readonly wanted: string;
    readonly installed: string | null;
    readonly optional: boolean;
  }[];
  /** Environment variables that change what qkv does; the values of tokens are not told. */
  readonly environment: Readonly<Record<string, string>>;
  readonly caches: readonly {
    readonly name: string;
    readonly path: string;
    readonly from: string;
    readonly exists: boolean;
    readonly writable: boolean;
  }[];
}

const runtimePackages = ['koffi', 'onnxruntime-node', 'onnxruntime-web'];
const telling = /^(QKV_|HF_|HUGGINGFACE_)|^(NO_COLOR|FORCE_COLOR|XDG_CACHE_HOME|NODE_OPTIONS|OMP_NUM_THREADS)$/;

/** Looks at this machine. */
export async function examine(env: Environment): Promise<DoctorReport> {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
    engines: { node: string };
    dependencies: Record<string, string>;
    optionalDependencies: Record<string, string>;
  };
  const cache = hubCache(env);
  // Not at the top: `qkv --help` reads this file for its summary alone.
  const { probeRuntimes, runtimeInstallers } = await import('../runtime/index.ts');
  const [installed] = Array.from((await runtimeInstallers()).values(), ({ folder }) => folder);
  return {
    qkv: manifest.version,
    node: { version: process.versions.node, needed: manifest.engines.node, arch: arch() },
    system: { platform: platform(), release: release(), name: version() },
    cpu: {
      model: cpus()[0]?.model.trim() || 'unknown',
      threads: availableParallelism(),
      cores: cpus().length,
      features: cpuFeatures(),
    },
    wasm: wasmFeatures(),
    memory: { totalBytes: totalmem(), freeBytes: freemem(), limitBytes: memoryLimit(totalmem()) },
    runtimes: (await probeRuntimes()).map(({ name, device, availability }) => ({
      name,
      device,
      available: availability.available,
      reason: availability.available ? null : availability.reason,
    })),
    choices: { float32: await choiceFor('float32', env), bfloat16: await choiceFor('bfloat16', env) },
    packages: runtimePackages.map((name) => ({
      name,
      wanted: manifest.dependencies[name] ?? manifest.optionalDependencies[name] ?? 'none',
      installed: installedVersion(name),
      optional: name in manifest.optionalDependencies,
    })),
    environment: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) =>
        value !== undefined && telling.test(name) ? [[name, name.includes('TOKEN') ? '(set)' : value]] : [],
      ),
    ),
    caches: [
      { name: 'Hugging Face hub', ...cache },
      { name: 'qkv runtimes', path: installed!, from: env.QKV_CACHE ? 'QKV_CACHE' : 'default' },
    ].map((each) => ({ ...each, exists: existsSync(each.path), writable: isWritable(each.path) })),
  };
}

async function choiceFor(precision: 'float32' | 'bfloat16', env: Environment): Promise<DoctorReport['choices']['float32']> {
  const { chooseRuntime } = await import('../runtime/index.ts');
  const choice = await chooseRuntime({
    precision,
    ...(env.QKV_RUNTIME && { name: env.QKV_RUNTIME }),
    ...(env.QKV_DEVICE && { device: env.QKV_DEVICE as 'cpu' }),
  }).catch(() => null);
  return choice && { name: choice.name, precision: choice.precision, reason: choice.reason };
}

/** Whether the folder, or the nearest one above it that is there, may be written to. */
function isWritable(path: string): boolean {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What runs unless a program asks for something else: the best that is there, of what the environment asks for. */
function chosenRuntime({ runtimes, environment }: DoctorReport): DoctorReport['runtimes'][number] | undefined {
  const { QKV_RUNTIME: name, QKV_DEVICE: device } = environment;
  return runtimes.find((each) => each.available && (!name || each.name === name) && (!device || each.device === device));
}

/** How the report is drawn. */
export interface ReportStyle {
  readonly width: number;
  readonly colored: boolean;
  readonly unicode: boolean;
}

const left = 14;

/** The report as text. */
export function formatReport(report: DoctorReport, { width, colored, unicode }: ReportStyle): string {
  const { bold, green, red, dim } = styles(colored);
  const { node, system, cpu, memory, wasm } = report;
  const yes = green(unicode ? '✔' : 'yes');
  const no = red(unicode ? '✘' : 'no ');
  const rows = (heading: string, texts: readonly string[]) =>
    texts
      .flatMap((text) => wrap(text, Math.max(20, Math.min(width, 120) - left)))
      .map((text, i) => `${bold(padEnd(i === 0 ? heading : '', left))}${text}`);
  const marked = (heading: string, lines: readonly (readonly [boolean, string, string])[]) =>
    lines.map(([isGood, text, note], i) => {
      return `${bold(padEnd(i === 0 ? heading : '', left))}${isGood ? yes : no} ${text}${note === '' ? '' : `  ${dim(note)}`}`.trimEnd();
    });

  const first = chosenRuntime(report);
  const used = report.environment.QKV_THREADS ?? cpu.threads;
  const wasmParts = [wasm.simd && 'SIMD', wasm.relaxedSimd && 'relaxed SIMD', wasm.threads && 'threads'].filter(Boolean);
  const limit = memory.limitBytes === null ? '' : `, of which this process may use ${formatBytes(memory.limitBytes)}`;
  const threads = cpu.threads === cpu.cores ? `${cpu.threads} threads` : `${cpu.threads} of ${cpu.cores} threads`;
  const asked = ['QKV_RUNTIME', 'QKV_DEVICE']
    .flatMap((name) => (report.environment[name] ? [`${name}=${report.environment[name]}`] : []))
    .join(' ');
  const environment = Object.entries(report.environment).map(([name, value]) => `${name}=${value}`);
  const lines = [
    ...rows('qkv', [report.qkv]),
    ...rows('Node', [`${node.version} on ${node.arch} (needed: ${node.needed})`]),
    ...rows('System', [`${system.platform} ${system.release}`, system.name]),
    ...rows('Processor', [
      `${cpu.model}, ${threads}`,
      'value' in cpu.features
        ? cpu.features.value.join(' ') || 'none of the known features'
        : `features not known: ${cpu.features.reason}`,
    ]),
    ...rows('Memory', [`${formatBytes(memory.freeBytes)} free of ${formatBytes(memory.totalBytes)}${limit}`]),
    ...rows('WebAssembly', [wasmParts.length > 0 ? wasmParts.join(', ') : 'without SIMD and threads']),
    '',
    ...marked(
      'Runtimes',
      report.runtimes.map((each) => [
        each.available,
        `${padEnd(each.name, 12)} ${padEnd(each.device, 6)}`,
        each === first ? 'is used unless told otherwise' : (each.reason ?? ''),
      ]),
    ),
    '',
    ...marked(
      'Packages',
      report.packages.map(({ name, wanted, installed, optional }) => [
        installed === wanted,
        `${padEnd(name, 17)} ${installed ?? 'not installed'}`,
        installed === wanted
          ? ''
          : installed !== null
            ? `${wanted} is needed`
            : whyMissing(optional, node.arch, system.platform),
      ]),
    ),
    '',
    ...marked(
      'Caches',
      report.caches.map(({ name, path, from, exists, writable }) => [
        writable,
        `${name}: ${path}`,
        [from === 'default' ? '' : `from ${from}`, exists ? '' : 'not there yet', writable ? '' : 'may not be written to']
          .filter(Boolean)
          .join(', '),
      ]),
    ),
    ...(environment.length === 0 ? [] : ['', ...rows('Environment', environment)]),
    '',
    first === undefined
      ? red(`Nothing can run here: no runtime is available${asked === '' ? '' : ` for ${asked}`}.`)
      : `Models run on ${first.name} (${first.device}) with ${used} threads${report.choices.float32 ? `: ${report.choices.float32.reason}` : ''}.${first.device === 'wasm' ? ' Native speed needs the packages koffi and onnxruntime-node.' : ''}`,
    ...(report.choices.bfloat16 === null ? [] : [bfloat16Line(report.choices.bfloat16)]),
  ];
  return `${lines.join('\n')}\n`;
}

function bfloat16Line({ name, precision, reason }: NonNullable<DoctorReport['choices']['bfloat16']>): string {
  return precision === 'bfloat16' ? `With --bf16 they run on ${name}: ${reason}.` : `--bf16 changes nothing here: ${reason}.`;
}

function whyMissing(isOptional: boolean, processor: string, system: string): string {
  return isOptional
    ? `left out by npm: installed with --omit=optional, or nothing for ${system} on ${processor}`
    : 'should be there: run npm install again';
}

/** `qkv doctor`. */
export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Says what runs on this machine, and what does not and why',
  description:
    'Looks at Node, the processor, the memory, the runtimes and the caches. Changes nothing. Fails when no runtime is available.',
  flags: {
    json: { type: 'boolean', default: false, help: 'Prints one JSON object' },
  },
  examples: [{ command: 'qkv doctor --json > doctor.json', help: 'For a report of a mistake' }],
  async run({ flags }, io) {
    const report = await examine(io.env);
    const style = { width: io.stdout.columns ?? 80, colored: io.colored, unicode: isUnicode(io.env) };
    io.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report, style));
    return chosenRuntime(report) === undefined ? exitCodes.failed : exitCodes.ok;
  },
});
