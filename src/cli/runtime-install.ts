import { ConfigError, nearest } from '../core/index.ts';
import { formatBytes, type ProgressBar } from '../progress/index.ts';
import type { RuntimeInstaller } from '../runtime/index.ts';
import { defineCommand } from './command.ts';
import { UsageError } from './errors.ts';

/** The installer of the runtime that a command line names. @throws ConfigError when there is none. */
export async function installerNamed(name: string): Promise<RuntimeInstaller> {
  const { runtimeInstallers } = await import('../runtime/index.ts');
  const installers = await runtimeInstallers();
  const installer = installers.get(name);
  if (installer) return installer;
  const names = [...installers.keys()];
  const near = nearest(name, names);
  throw new ConfigError(
    `qkv runtime: there is no runtime ${name} to install; ${near ? `did you mean ${near}?` : `there is ${names.join(', ')}. The others are npm packages.`}`,
  );
}

/** Brings a runtime that is no npm package. */
export const runtimeInstall = defineCommand({
  name: 'runtime install',
  summary: 'Brings a runtime that is no npm package: openvino',
  description:
    'openvino computes products in bfloat16 on processors that can (--bf16). Its libraries come from its Python wheel, which your own ' +
    'pip downloads, so that your index, proxy and mirror are used; no Python package is installed or imported. The wheel is checked by its ' +
    'SHA-256 and its libraries are put into qkv’s cache, all or none.',
  flags: {
    wheel: { type: 'file', help: 'A wheel that you have downloaded, in place of pip' },
    path: { type: 'folder', help: 'A folder that holds the libraries, which stay where they are' },
  },
  positionals: { name: 'runtime', help: 'Which one: openvino', required: true },
  examples: [
    { command: 'qkv runtime install openvino', help: 'Downloads and unpacks it' },
    { command: 'qkv runtime install openvino --wheel openvino.whl', help: 'Where there is no pip' },
  ],
  async run({ flags: { wheel, path }, positionals: [name] }, io) {
    if (wheel !== undefined && path !== undefined)
      throw new UsageError('qkv runtime install: --wheel and --path each say where the libraries are; give one of them.');
    const installer = await installerNamed(name!);
    let bar: ProgressBar | undefined;
    let shown = '';
    try {
      const installed = await installer.install({
        ...(wheel !== undefined && { wheel }),
        ...(path !== undefined && { path }),
        signal: io.signal,
        onProgress: ({ doing, done, total }) => {
          if (doing !== shown) {
            bar?.end();
            bar = io.progress.start({ label: doing, total, unit: doing === 'download' ? 'bytes' : 'steps', leave: false });
            shown = doing;
          }
          bar!.update(done - bar!.n);
        },
      });
      const size = wheel === undefined && path === undefined ? ` (${formatBytes(installer.downloadBytes!)} downloaded)` : '';
      io.stdout.write(
        `${installed.name} ${installed.version} is in ${installed.folder}${size}. qkv doctor says where it is used.\n`,
      );
    } finally {
      bar?.end();
    }
  },
});
