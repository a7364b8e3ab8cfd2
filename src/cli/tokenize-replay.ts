import { isUnicode } from '../progress/index.ts';
import { mergingKinds, trainTokenizerOptions } from '../tokenizers/index.ts';
import { defineCommand } from './command.ts';
import { formatTable } from './table.ts';
import { visible } from './tokenize.ts';

/** Shows a training merge by merge. */
export const tokenizeReplay = defineCommand({
  name: 'tokenize replay',
  summary: 'Shows how a tokenizer is trained, merge by merge',
  description:
    'Reads texts as `qkv tokenize train` does, and prints the merges of the training one after another: which two tokens are ' +
    'joined, how often they stand beside each other, and in which words. Bytes show as the text that they spell, or as ' +
    '<0xEC> where they are no whole character.',
  flags: {
    kind: { type: 'choice', choices: mergingKinds, required: true, help: 'What the tokens are' },
    data: { type: 'file', required: true, help: 'The texts: a table (.csv, .tsv, .jsonl), or a file with a text on each line' },
    text_column: { type: 'string', otherwise: 'text', help: 'The column of the text' },
    merges: { type: 'integer', default: 20, min: 1, help: 'How many merges are shown' },
    words: { type: 'integer', default: 2, min: 0, help: 'How many of the words that a merge changes are shown' },
    json: { type: 'boolean', default: false, help: 'Prints one JSON object a line for each merge' },
    score: trainTokenizerOptions.score,
  },
  examples: [
    {
      command: 'qkv tokenize replay --kind byte-level-bpe --data reviews.tsv --text_column document',
      help: 'The first merges of bytes',
    },
  ],
  async run({ flags }, io) {
    const { replayTokenizer } = await import('../tokenizers/index.ts');
    const { textsOfFile } = await import('./tokenize-texts.ts');
    const { stageBars } = await import('./tokenize-progress.ts');
    const { kind, data, text_column, merges, words, json, score } = flags;
    const texts = await textsOfFile('qkv tokenize replay', data, text_column, io.signal);
    const bars = stageBars(io.progress, kind, texts);
    const replay = await replayTokenizer(kind, texts, {
      // The replay is left after as many merges as are asked for.
      vocab_size: Number.MAX_SAFE_INTEGER,
      score,
      signal: io.signal,
      onProgress: bars.show,
    }).finally(bars.end);
    const shown = (token: string) => visible(replay.readable(token));
    const rows: string[][] = [];
    for (const step of replay) {
      io.signal.throwIfAborted();
      const examples = step.words.slice(0, words);
      if (json) io.stdout.write(`${JSON.stringify({ ...step, words: examples })}\n`);
      else {
        rows.push([
          String(step.number),
          step.pair.map(shown).join(' + '),
          visible(step.text),
          String(step.count),
          examples.map(({ word, count, after }) => `${visible(word)} (${count}): ${after.map(shown).join('·')}`).join(', '),
        ]);
      }
      if (step.number === merges) break;
    }
    if (json) return;
    const columns = [
      { head: 'merge', align: 'right' as const },
      { head: 'pair' },
      { head: 'token' },
      { head: 'times', align: 'right' as const },
      { head: 'in these words (how often): their tokens after it' },
    ];
    const style = { width: io.stdout.columns ?? Number.POSITIVE_INFINITY, colored: io.colored, unicode: isUnicode(io.env) };
    io.stdout.write(formatTable(columns, rows, style));
  },
});
