import { type Case, defineQuestion, type Options, type Side } from './harness/question.ts';

const python: Side = { name: 'Rust library from Python', script: 'tokenize/rust.py', agreesWithin: 0 };
const node: Side = {
  name: 'Rust library from Node',
  script: 'tokenize/rust-node.ts',
  packages: ['tokenizers@0.23.2'],
  agreesWithin: 0,
};
const typescript: Side = {
  name: '@huggingface/tokenizers',
  script: 'tokenize/huggingface-js.ts',
  packages: ['@huggingface/tokenizers@0.2.0'],
  agreesWithin: 0,
};
const gptTokenizer: Side = {
  name: 'gpt-tokenizer',
  script: 'tokenize/gpt-tokenizer.ts',
  packages: ['gpt-tokenizer@4.0.0'],
  agreesWithin: 0,
};
const tiktoken: Side = { name: 'tiktoken', script: 'tokenize/tiktoken_gpt2.py', agreesWithin: 0 };

const english = { name: 'English', data: 'wikitext2/valid.txt.gz', column: null };
const korean = { name: 'Korean', data: 'nsmc/ratings_test_10k.txt.gz', column: 1 };

const tokenizers = [
  { name: 'BERT WordPiece', tokenizer: 'tok-bert-base-uncased', idsOnly: [typescript] },
  { name: 'KLUE WordPiece', tokenizer: 'tok-klue-roberta-base', idsOnly: [typescript] },
  { name: 'GPT-2 byte-level BPE', tokenizer: 'tok-gpt2', idsOnly: [typescript, gptTokenizer, tiktoken] },
  { name: 'XLM-R Unigram', tokenizer: 'tok-xlm-roberta', idsOnly: [typescript] },
];

/** Milliseconds of processor time for each megabyte of text, so 1000 divided by a value is the speed in MB/s. */
function encoding(name: string, options: Options, peers: readonly Side[]): Case {
  return { name, unit: 'ms', options, ours: { name: 'qkv', script: 'tokenize/qkv.ts' }, peers };
}

function training(kind: 'bpe' | 'wordpiece', name: string, { name: language, ...text }: typeof english | typeof korean): Case {
  return {
    name: `training a 30,000-token ${name}, ${language}`,
    unit: 'ms',
    options: { ...text, unique: false, kind, vocab_size: 30_000 },
    ours: { name: 'qkv', script: 'tokenize/qkv-train.ts' },
    // Ties are broken at random there, which may cost a token or two.
    peers: [{ name: 'Rust library from Python', script: 'tokenize/rust_train.py', agreesWithin: 1e-3 }],
  };
}

/** A new process each turn: milliseconds from tokenizer.json's path to the ids of one sentence, imports not counted. */
function loading(name: string, tokenizer: string): Case {
  const fresh = (name: string, options: Options, more: Partial<Side> = {}): Side => ({
    name,
    script: 'fresh.ts',
    options,
    ...more,
  });
  const packages = node.packages!;
  return {
    name: `loading ${name} in a new process`,
    unit: 'ms',
    options: { tokenizer, sentence: 'Hello there, the quick brown fox jumps over the lazy dog.' },
    ours: fresh('qkv', {
      program: 'node',
      script: 'tokenize/load-qkv.ts',
      needs: 'dist/index.js',
      neededFrom: 'run npm run build',
    }),
    peers: [
      fresh('Rust library from Python', { program: 'python', script: 'tokenize/load_rust.py' }, { agreesWithin: 0 }),
      fresh('Rust library from Node', { program: 'node', script: 'tokenize/load-rust-node.ts' }, { agreesWithin: 0, packages }),
    ],
  };
}

/** How fast text becomes ids and offsets on one thread, and how long training takes. */
export const tokenize = defineQuestion({
  name: 'tokenize',
  asks: 'How much processor time does a megabyte of text take to become ids, line by line on one thread; and training, and loading?',
  rounds: 7,
  cases: [
    ...tokenizers.flatMap(({ name, tokenizer, idsOnly }) =>
      [english, korean].flatMap(({ name: language, ...text }) => {
        const options = { tokenizer, ...text };
        return [
          encoding(`${name}, ${language}: ids and offsets`, { ...options, unique: false, offsets: true }, [python, node]),
          encoding(`${name}, ${language}: ids`, { ...options, unique: false, offsets: false }, [python, ...idsOnly]),
          encoding(`${name}, ${language}, no word twice: ids and offsets`, { ...options, unique: true, offsets: true }, [
            python,
          ]),
        ];
      }),
    ),
    ...[english, korean].flatMap((text) => [training('bpe', 'byte-level BPE', text), training('wordpiece', 'WordPiece', text)]),
    loading('bert-base-uncased', 'tok-bert-base-uncased'),
    loading('gpt2', 'tok-gpt2'),
    loading('xlm-roberta', 'tok-xlm-roberta'),
  ],
});
