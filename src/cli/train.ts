import { defineCommand } from './command.ts';
import { trainFlags, trainOptions } from './train-flags.ts';

/** Trains a text classifier, from the data to a finished folder. */
export const train = defineCommand({
  name: 'train',
  summary: 'Trains a text classifier on your examples, or on a recipe, and says how good it is',
  description:
    'Reads the examples, trains a vocabulary and a model (or fine-tunes one), judges it on examples that it never saw beside a ' +
    'linear bag-of-words model, and leaves a folder that `qkv run`, the pipeline and Python’s transformers load.\n\n' +
    'Ctrl-C stops after the step in progress with a checkpoint; the same command with --resume goes on as if nothing had happened.',
  flags: trainFlags,
  examples: [
    { command: 'qkv train --recipe spam-assassin', help: 'A spam filter from real mail' },
    {
      command: 'qkv train --data reviews.tsv --text_column document --label_column label --output_dir runs/mine',
      help: 'Your own file',
    },
    {
      command:
        'qkv train --data reviews.tsv --model runs/base --num_train_epochs 2 --learning_rate 3e-5 --output_dir runs/tuned',
      help: 'Goes on from a model in a folder',
    },
  ],
  async run(input, io) {
    const options = trainOptions(input);
    // The library is loaded only now: a help text needs none of it.
    const { trainAndShow } = await import('./train-job.ts');
    await trainAndShow(options, input.given, io);
  },
});
