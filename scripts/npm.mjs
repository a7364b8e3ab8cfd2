import { basename } from 'node:path';

/** The command that runs npm: the npm that started this process, where there is one, so that no second version takes part. */
export function npmCommand(args) {
  const npm = process.env.npm_execpath ?? '';
  if (basename(npm) === 'npm-cli.js') return { command: process.execPath, args: [npm, ...args], shell: false };
  // On Windows npm is a batch file, which only a shell can start.
  return { command: 'npm', args, shell: process.platform === 'win32' };
}
