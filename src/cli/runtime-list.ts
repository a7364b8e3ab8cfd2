import { formatBytes } from '../progress/index.ts';
import { defineCommand } from './command.ts';
import { formatTable } from './table.ts';

/** Lists the runtimes that can be installed, and where those are that have been. */
export const runtimeList = defineCommand({
  name: 'runtime list',
  summary: 'Says which runtimes can be installed beside npm, and which are',
  flags: { json: { type: 'boolean', default: false, help: 'Prints one JSON object for each' } },
  async run({ flags }, io) {
    const { runtimeInstallers } = await import('../runtime/index.ts');
    const found = await Promise.all(
      Array.from(await runtimeInstallers(), async ([name, { version, downloadBytes, installed }]) => ({
        name,
        version,
        download_bytes: downloadBytes,
        installed: await installed(),
      })),
    );
    if (flags.json) {
      for (const each of found) io.stdout.write(`${JSON.stringify(each)}\n`);
      return;
    }
    const rows = found.map(({ name, version, download_bytes: bytes, installed }) => {
      const state = installed
        ? `${installed.version} in ${installed.folder}`
        : bytes === null
          ? 'not for this platform'
          : `not installed (${formatBytes(bytes)} to download)`;
      return [name, version, state];
    });
    const heads = [{ head: 'runtime' }, { head: 'version' }, { head: 'here' }];
    io.stdout.write(formatTable(heads, rows, { width: io.stdout.columns ?? 100, colored: io.colored }));
  },
});
