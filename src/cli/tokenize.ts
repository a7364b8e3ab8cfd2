import { isUnicode } from '../progress/index.ts';
import { defineCommand } from './command.ts';
import { formatTable } from './table.ts';

/** Shows what a tokenizer makes of texts. */
export const tokenize = defineCommand({
  name: 'tokenize',
  summary: 'Shows the tokens of a text, their ids, and where each stands in it',
  description:
    'Loads the tokenizer of a folder (tokenizer.json, or its older parts) and prints a table for each text. Offsets count ' +
    'characters (Unicode code points) as Python does. A word `train`, `replay` or `compare` right after `tokenize` is a command of its ' +
    'own; after -- it is a text.',
  flags: {
    model: { type: 'folder', required: true, help: 'The folder of the tokenizer' },
    add_special_tokens: { type: 'boolean', default: true, help: "Puts the model's special tokens around the text" },
    json: { type: 'boolean', default: false, help: 'Prints one JSON object a line for each text' },
  },
  positionals: { name: 'text', help: 'The texts', required: true, repeated: true },
  examples: [
    { command: 'qkv tokenize --model runs/mine "강의 진짜 도움 많이 됐어요!"', help: 'One text' },
    { command: 'qkv tokenize compare --data reviews.tsv --text_column document', help: 'Kinds of tokens beside each other' },
  ],
  async run({ flags, positionals }, io) {
    const { AutoTokenizer } = await import('../tokenizers/index.ts');
    const tokenizer = await AutoTokenizer.from_pretrained(flags.model);
    const style = { width: io.stdout.columns ?? Number.POSITIVE_INFINITY, colored: io.colored, unicode: isUnicode(io.env) };
    const { add_special_tokens } = flags;
    for (const [number, text] of positionals.entries()) {
      const { ids, tokens, offsets, word_ids } = tokenizer.backend_tokenizer.encode(text, null, {
        add_special_tokens,
        truncation: null,
        padding: null,
      });
      if (flags.json) {
        io.stdout.write(`${JSON.stringify({ text, tokens, input_ids: ids, offset_mapping: offsets, word_ids })}\n`);
        continue;
      }
      if (number > 0) io.stdout.write('\n');
      const characters = [...text];
      const rows = tokens.map((token, i) => {
        const [start, end] = offsets[i]!;
        const word = word_ids[i];
        return [
          visible(token),
          String(ids[i]),
          `${start}–${end}`,
          visible(characters.slice(start, end).join('')),
          word == null ? '' : String(word),
        ];
      });
      const columns = [
        { head: 'token' },
        { head: 'id', align: 'right' as const },
        { head: 'offsets', align: 'right' as const },
        { head: 'text' },
        { head: 'word', align: 'right' as const },
      ];
      io.stdout.write(formatTable(columns, rows, style));
      io.stdout.write(`${tokens.length} tokens for ${characters.length} characters\n`);
    }
  },
});

/** A token as a table shows it: white space and control characters as the symbols that stand for them. */
export function visible(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0)!;
      if (character === ' ') return '␣';
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '␡' : character;
    })
    .join('');
}
