import { defineCommand } from './command.ts';
import { runFlags, runOptions } from './run-flags.ts';

/** Classifies texts with a model in a folder. */
export const run = defineCommand({
  name: 'run',
  summary: 'Classifies texts with a trained model',
  description:
    'Prints label and score of each text, or with --json a JSON object a line. With --file each line of the file is a text; an ' +
    'empty line is an empty text, so that answers stand in the order of the lines.',
  flags: runFlags,
  positionals: { name: 'text', help: 'The texts to classify', repeated: true },
  examples: [
    { command: 'qkv run --model runs/spam-assassin "You have won a prize"', help: 'One text' },
    { command: 'qkv run --model runs/spam-assassin --file mails.txt --json', help: 'A text on each line, answers as JSON' },
  ],
  async run(input, io) {
    const options = runOptions(input);
    // The library is loaded only now: a help text needs none of it.
    const { classifyAndPrint } = await import('./run-job.ts');
    await classifyAndPrint(options, io);
  },
});
