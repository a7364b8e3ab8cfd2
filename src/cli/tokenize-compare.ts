import { isUnicode } from '../progress/index.ts';
import { tokenizerKinds } from '../tokenizers/index.ts';
import { defineCommand } from './command.ts';
import { formatTable } from './table.ts';
import { visible } from './tokenize.ts';

const right = 'right' as const;

/** Compares kinds of tokens on one text. */
export const tokenizeCompare = defineCommand({
  name: 'tokenize compare',
  summary: 'Compares characters, jamo, words and subwords on your texts',
  description:
    'Trains a tokenizer of each kind on nine texts of ten and counts on the tenth: how large the vocabulary is, how many tokens ' +
    'a word (what stands between white space) and a character take, what share of the tokens is unknown (OOV), and how many ' +
    'tokens the longest text has. With --text it also shows what each kind makes of a text.',
  flags: {
    data: { type: 'file', required: true, help: 'The texts: a table (.csv, .tsv, .jsonl), or a file with a text on each line' },
    text_column: { type: 'string', otherwise: 'text', help: 'The column of the text' },
    kind: { type: 'choice', choices: tokenizerKinds, repeated: true, help: 'A kind to compare. All of them unless told' },
    model: { type: 'folder', repeated: true, help: 'A folder with a tokenizer to compare too' },
    vocab_size: { type: 'integer', default: 8000, min: 64, help: 'The most tokens of each vocabulary' },
    text: { type: 'string', repeated: true, help: 'A text to show the tokens of' },
    json: { type: 'boolean', default: false, help: 'Prints one JSON object a line for each tokenizer' },
  },
  examples: [
    {
      command: 'qkv tokenize compare --data reviews.tsv --text_column document --text "강의 진짜 도움 많이 됐어요!"',
      help: 'All kinds on your reviews',
    },
  ],
  async run({ flags }, io) {
    const { compareTokenizers } = await import('./tokenize-comparison.ts');
    const names = flags.kind.length === 0 && flags.model.length === 0 ? tokenizerKinds : flags.kind;
    const rows = await compareTokenizers({ ...flags, kinds: names, models: flags.model, texts: flags.text }, io);
    if (flags.json) {
      for (const row of rows) io.stdout.write(`${JSON.stringify(row)}\n`);
      return;
    }
    const style = { width: io.stdout.columns ?? Number.POSITIVE_INFINITY, colored: io.colored, unicode: isUnicode(io.env) };
    const heads = ['vocabulary', 'tokens/word', 'tokens/character', 'OOV', 'longest'];
    io.stdout.write(
      formatTable(
        [{ head: 'tokens' }, ...heads.map((head) => ({ head, align: right }))],
        rows.map((row) => [
          row.name,
          String(row.vocab_size),
          row.tokens_per_word.toFixed(2),
          row.tokens_per_character.toFixed(2),
          `${(100 * row.oov_rate).toFixed(2)} %`,
          String(row.longest),
        ]),
        style,
      ),
    );
    for (const [number, text] of flags.text.entries()) {
      io.stdout.write(`\n${text}\n`);
      io.stdout.write(
        formatTable(
          [{ head: 'tokens' }, { head: 'count', align: right }, { head: 'pieces' }],
          rows.map(({ name, pieces }) => [name, String(pieces[number]!.length), pieces[number]!.map(visible).join(' | ')]),
          { ...style, width: Number.POSITIVE_INFINITY },
        ),
      );
    }
  },
});
