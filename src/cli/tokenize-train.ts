import { tokenizerKinds, trainTokenizerOptions } from '../tokenizers/index.ts';
import { defineCommand } from './command.ts';

/** Trains a tokenizer. */
export const tokenizeTrain = defineCommand({
  name: 'tokenize train',
  summary: 'Trains a tokenizer on your texts',
  description:
    'Reads a column of a table or the lines of a text, trains a vocabulary, and leaves a folder that `qkv tokenize`, ' +
    'AutoTokenizer and Python’s transformers load. The file is read piece by piece, so it may be larger than memory.',
  flags: {
    kind: { type: 'choice', choices: tokenizerKinds, required: true, help: 'What the tokens are, and how they are found' },
    data: { type: 'file', required: true, help: 'The texts: a table (.csv, .tsv, .jsonl), or a file with a text on each line' },
    text_column: { type: 'string', otherwise: 'text', help: 'The column of the text' },
    output_dir: { type: 'folder', required: true, help: 'The folder for the tokenizer' },
    ...trainTokenizerOptions,
  },
  examples: [
    {
      command: 'qkv tokenize train --kind unigram --data reviews.tsv --text_column document --output_dir runs/unigram',
      help: 'A SentencePiece-like vocabulary of 8,000 pieces',
    },
  ],
  async run({ flags }, io) {
    const { trainTokenizer } = await import('../tokenizers/index.ts');
    const { textsOfFile } = await import('./tokenize-texts.ts');
    const { stageBars } = await import('./tokenize-progress.ts');
    const { kind, data, text_column, output_dir, vocab_size, min_frequency, limit_alphabet, score } = flags;
    const texts = await textsOfFile('qkv tokenize train', data, text_column, io.signal);
    const bars = stageBars(io.progress, kind, texts);
    const tokenizer = await trainTokenizer(kind, texts, {
      vocab_size,
      min_frequency,
      limit_alphabet,
      score,
      signal: io.signal,
      onProgress: bars.show,
    }).finally(bars.end);
    await tokenizer.save_pretrained(output_dir);
    io.stdout.write(`${kind}: ${tokenizer.vocab_size} tokens from ${texts.count} texts in ${output_dir}\n`);
  },
});
