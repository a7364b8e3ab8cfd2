import { defineCommand } from './command.ts';
import { installerNamed } from './runtime-install.ts';

/** Takes away what `qkv runtime install` brought. */
export const runtimeRemove = defineCommand({
  name: 'runtime remove',
  summary: 'Removes a runtime that was installed',
  description: 'Removes the libraries from qkv’s cache. A folder that was given with --path stays as it is.',
  flags: {},
  positionals: { name: 'runtime', help: 'Which one: openvino', required: true },
  async run({ positionals: [name] }, io) {
    const installer = await installerNamed(name!);
    const removed = await installer.remove();
    io.stdout.write(
      removed ? `${name} is removed from ${installer.folder}.\n` : `${name} is not installed; nothing was removed.\n`,
    );
  },
});
