import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { unzip } from 'fflate';
import { DataError, MissingFileError, UnsupportedError } from '../../core/index.ts';
import { checkWritable, cleanUnfinishedWrites, writeFileAtomic, writeFolderAtomic } from '../../formats/index.ts';
import type { InstalledRuntime, InstallOptions, RuntimeInstaller } from '../runtime.ts';
import { openVinoFolder, readRecord, recordName, wheelHere } from './libraries.node.ts';
import { type OpenVinoWheel, openVinoRelease } from './release.ts';

/** How `pip` may be called, tried in this order. */
const pips: readonly (readonly [string, ...string[]])[] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['py', '-m', 'pip'],
];

/** What an installer works on; a test hands in its own. */
export interface OpenVinoInstallerOptions {
  /** The folder of the runtime in the cache. */
  readonly folder?: string;
  /** The wheel that is known for this platform. */
  readonly wheel?: OpenVinoWheel | undefined;
  /** How pip is called. */
  readonly pips?: readonly (readonly [string, ...string[]])[];
}

/**
 * Brings OpenVINO's libraries. They come in the Python wheel `openvino`, a plain zip that the user's own pip downloads, so
 * that their index, proxy and mirror are used; no Python package is imported. The wheel is checked by its SHA-256.
 */
export function openVinoInstaller(options: OpenVinoInstallerOptions = {}): RuntimeInstaller {
  const folder = options.folder ?? openVinoFolder();
  const wheel = 'wheel' in options ? options.wheel : wheelHere;
  return {
    version: openVinoRelease.version,
    downloadBytes: wheel?.bytes ?? null,
    folder,
    installed: async () => readRecord(folder),
    async install(given = {}) {
      if (!wheel)
        throw new UnsupportedError(
          `qkv runtime install: there is no OpenVINO for ${process.platform} on ${process.arch}; there is for Linux (x64, arm64), macOS (arm64) and Windows (x64).`,
        );
      given.signal?.throwIfAborted();
      await mkdir(folder, { recursive: true });
      await cleanUnfinishedWrites(folder);
      if (given.path !== undefined) return register(folder, await checkedPath(given.path, wheel), resolve(given.path));
      if (given.wheel !== undefined) return unpack(folder, given.wheel, wheel, given, resolve(given.wheel));
      const downloads = await mkdtemp(join(tmpdir(), 'qkv-openvino-'));
      try {
        const file = await download(downloads, wheel, options.pips ?? pips, given);
        return await unpack(folder, file, wheel, given, `openvino ${openVinoRelease.version} by pip`);
      } finally {
        await rm(downloads, { recursive: true, force: true });
      }
    },
    async remove() {
      if (!existsSync(folder)) return false;
      await rm(folder, { recursive: true, force: true });
      return true;
    },
  };
}

async function register(folder: string, libraries: string, source: string): Promise<InstalledRuntime> {
  const record = { name: 'openvino', version: openVinoRelease.version, folder: libraries, source };
  await writeFileAtomic(join(folder, recordName), `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** The folder of the user's own that holds the libraries: the one named, or `openvino/libs` in it, as in site-packages. */
async function checkedPath(path: string, { libraries }: OpenVinoWheel): Promise<string> {
  const places = [path, join(path, 'libs'), join(path, 'openvino', 'libs')].map((place) => resolve(place));
  const place = places.find((each) => existsSync(join(each, libraries.at(-1)!)));
  if (place === undefined)
    throw new MissingFileError(
      `qkv runtime install: ${path} has no ${libraries.at(-1)}; give the folder of the libraries of OpenVINO ${openVinoRelease.version}, which in its Python package is openvino/libs.`,
    );
  const missing = libraries.find((name) => !existsSync(join(place, name)));
  if (missing !== undefined)
    throw new MissingFileError(
      `qkv runtime install: ${place} has no ${missing}; all of ${libraries.join(', ')} are needed, of OpenVINO ${openVinoRelease.version}.`,
    );
  return place;
}

async function download(
  to: string,
  { tag, bytes }: OpenVinoWheel,
  candidates: readonly (readonly [string, ...string[]])[],
  { signal, onProgress }: InstallOptions,
): Promise<string> {
  const pip = await findPip(candidates, signal);
  const { version, python, abi } = openVinoRelease;
  const shown = ['--quiet', '--disable-pip-version-check', ...(pip.drawsBars ? ['--progress-bar', 'raw'] : [])].slice(
    pip.drawsBars ? 1 : 0,
  );
  const wanted = ['--implementation', 'cp', '--python-version', python, '--abi', abi, '--platform', tag];
  const words = ['download', '--no-deps', '--only-binary=:all:', ...shown, ...wanted, '--dest', to, `openvino==${version}`];
  onProgress?.({ doing: 'download', done: 0, total: bytes });
  const { code, text } = await run([...pip.words, ...words], signal, (line) => {
    const done = /^Progress (\d+) of \d+/.exec(line)?.[1];
    if (done) onProgress?.({ doing: 'download', done: Number(done), total: bytes });
  });
  const file = (await readdir(to)).find((name) => name.endsWith('.whl'));
  if (code !== 0 || file === undefined) {
    const words = text.split('\n').filter((line) => /^(ERROR|WARNING)/.test(line));
    throw new MissingFileError(
      `qkv runtime install: pip could not download openvino ${version} for ${tag}: ${words.at(-1) ?? text.trim().split('\n').at(-1)}. ` +
        'Set the index or the proxy as for any Python package, or download the wheel elsewhere and give it with --wheel.',
    );
  }
  return join(to, file);
}

/** How the user's pip is called, and whether it can print how far a download is as plain lines (since 24.1). */
async function findPip(
  candidates: readonly (readonly [string, ...string[]])[],
  signal: AbortSignal | undefined,
): Promise<{ readonly words: readonly string[]; readonly drawsBars: boolean }> {
  for (const words of candidates) {
    const { code, text } = await run([...words, '--version'], signal).catch((error) => {
      signal?.throwIfAborted();
      return { code: 1, text: String(error) };
    });
    if (code !== 0) continue;
    const [major = 0, minor = 0] = (/^pip (\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
    return { words, drawsBars: major > 24 || (major === 24 && minor >= 1) };
  }
  throw new MissingFileError(
    `qkv runtime install: there is no pip; tried ${candidates.map((words) => words.join(' ')).join(', ')}. ` +
      'Install Python, or give a wheel with --wheel or a folder of libraries with --path.',
  );
}

function run(
  [command, ...words]: readonly string[],
  signal: AbortSignal | undefined,
  onLine: (line: string) => void = () => {},
): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command!, words, { stdio: ['ignore', 'pipe', 'pipe'], ...(signal && { signal }) });
    let text = '';
    let rest = '';
    const take = (chunk: Buffer) => {
      text += chunk;
      const lines = (rest + chunk).split(/[\r\n]/);
      rest = lines.pop()!;
      for (const line of lines) onLine(line);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => reject(signal?.aborted ? signal.reason : error));
    child.on('close', (code) => resolve({ code: code ?? 1, text }));
  });
}

/** Puts the libraries of a wheel into the cache, all of them or none. */
async function unpack(
  folder: string,
  file: string,
  wheel: OpenVinoWheel,
  { signal, onProgress }: InstallOptions,
  source: string,
): Promise<InstalledRuntime> {
  onProgress?.({ doing: 'check', done: 0, total: 1 });
  const bytes = await checkedWheel(file, wheel);
  onProgress?.({ doing: 'check', done: 1, total: 1 });
  // Unpacked they take about three times the room.
  await checkWritable(folder, 4 * wheel.bytes);
  const target = join(folder, openVinoRelease.build);
  const total = wheel.libraries.length;
  await writeFolderAtomic(target, async (temporary) => {
    for (const [done, name] of wheel.libraries.entries()) {
      signal?.throwIfAborted();
      onProgress?.({ doing: 'unpack', done, total });
      await writeFile(join(temporary, name), await entryOf(bytes, `openvino/libs/${name}`, file));
    }
    onProgress?.({ doing: 'unpack', done: total, total });
  });
  return register(folder, target, source);
}

async function checkedWheel(file: string, { bytes: size, sha256, tag }: OpenVinoWheel): Promise<Uint8Array> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile())
    throw new MissingFileError(`qkv runtime install: there is no file ${file}; give the wheel of openvino for ${tag}.`);
  const again = `The wheel of openvino ${openVinoRelease.version} for ${tag} (CPython ${openVinoRelease.python}) is needed; download it anew.`;
  if (found.size < size)
    throw new DataError(
      `qkv runtime install: ${file} has ${found.size} bytes and the wheel ${size}: it was cut, or is another. ${again}`,
    );
  const bytes = await readFile(file);
  const sum = createHash('sha256').update(bytes).digest('hex');
  if (sum !== sha256)
    throw new DataError(
      `qkv runtime install: the SHA-256 of ${file} is ${sum}, and of the wheel ${sha256}: it is another file. ${again}`,
    );
  return bytes;
}

/** One file of a zip, unpacked on another thread. */
function entryOf(zip: Uint8Array, name: string, source: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    unzip(zip, { filter: (entry) => entry.name === name }, (error, files) => {
      if (error) reject(new DataError(`qkv runtime install: ${source} is no sound zip: ${error.message}.`));
      else if (!files[name])
        reject(new DataError(`qkv runtime install: ${source} has no ${name}; it is not the wheel that is needed.`));
      else resolve(files[name]);
    });
  });
}
