import { ConfigError, defineOptions, type GivenOptions, type OptionValues, readOptions } from '../../core/index.ts';
import { trainWordPiece, trainWordPieceOptions, untrainedWordPiece } from '../bert.ts';
import { ByteLevelDecoder } from '../decoders/byte-level.ts';
import { Fuse } from '../decoders/fuse.ts';
import { MetaspaceDecoder } from '../decoders/metaspace.ts';
import { BPE } from '../models/bpe.ts';
import { Unigram } from '../models/unigram.ts';
import { WordLevel } from '../models/wordlevel.ts';
import { NFC, NFD, NFKC } from '../normalizers/unicode-forms.ts';
import { ByteLevelProcessing } from '../post-processors/byte-level.ts';
import { BertPreTokenizer } from '../pre-tokenizers/bert-pre-tokenizer.ts';
import { ByteLevel } from '../pre-tokenizers/byte-level.ts';
import { FixedLength } from '../pre-tokenizers/fixed-length.ts';
import { Metaspace } from '../pre-tokenizers/metaspace.ts';
import { WhitespaceSplit } from '../pre-tokenizers/whitespace-split.ts';
import { PreTrainedTokenizerFast } from '../pretrained-tokenizer.ts';
import { Tokenizer, type TokenizerParts } from '../tokenizer.ts';
import { BpeTrainer, byteLevelAlphabet } from './bpe-trainer.ts';
import { type MergeReplay, replayTraining } from './merge-replay.ts';
import type { Trainer, TrainingOptions, TrainingTexts } from './trainer.ts';
import { readTrainingOptions } from './trainer-options.ts';
import { UnigramTrainer } from './unigram-trainer.ts';
import { WordLevelTrainer } from './wordlevel-trainer.ts';

/** The kinds of tokenizers that `trainTokenizer` trains, from the simplest units to the subwords of today's models. */
export const tokenizerKinds = [
  'character',
  'jamo',
  'whitespace',
  'punctuation',
  'bpe',
  'byte-level-bpe',
  'wordpiece',
  'unigram',
] as const;

/** A kind of tokenizer: what its tokens are, and how they are found. */
export type TokenizerKind = (typeof tokenizerKinds)[number];

/** What `wordpiece` is, beside BERT's defaults. */
const cased = { do_lower_case: false, strip_accents: false };

/** The options of `trainTokenizer`. */
export const trainTokenizerOptions = defineOptions({
  vocab_size: { type: 'integer', default: 8000, min: 1, help: 'The most tokens of the vocabulary, special ones included' },
  min_frequency: { type: 'integer', default: 0, min: 0, help: 'Rarer words, or rarer pairs of tokens, make no token' },
  limit_alphabet: {
    type: 'integer',
    min: 1,
    otherwise: 'no limit',
    help: 'How many different characters are kept, for bpe and wordpiece',
  },
  score: {
    type: 'choice',
    choices: ['frequency', 'likelihood'],
    default: 'frequency',
    help: 'Which pair wordpiece joins: the most frequent, or the one that is likelier than its parts by chance',
  },
});

/** What `trainTokenizer` takes beside kind and texts. */
export type TrainTokenizerOptions = GivenOptions<typeof trainTokenizerOptions> & TrainingOptions;

type Settings = OptionValues<typeof trainTokenizerOptions>;

interface KindRow {
  readonly parts: () => TokenizerParts;
  readonly trainer: (settings: Settings) => Trainer;
  readonly unk_token: string | null;
  readonly pad_token: string;
}

/** Words, however they are cut, with one unknown token for all others. */
function words(cut: () => Omit<TokenizerParts, 'model'>): KindRow {
  const [pad_token, unk_token] = ['[PAD]', '[UNK]'];
  return {
    parts: () => ({ ...cut(), model: new WordLevel(new Map(), { unk_token }) }),
    trainer: ({ vocab_size, min_frequency }) =>
      new WordLevelTrainer({ vocab_size, min_frequency, special_tokens: [pad_token, unk_token] }),
    unk_token,
    pad_token,
  };
}

const kinds: Readonly<Record<Exclude<TokenizerKind, 'wordpiece'>, KindRow>> = {
  character: words(() => ({ normalizer: NFC(), pre_tokenizer: FixedLength({ length: 1 }), decoder: Fuse() })),
  jamo: words(() => ({ normalizer: NFD(), pre_tokenizer: FixedLength({ length: 1 }), decoder: Fuse() })),
  whitespace: words(() => ({ normalizer: NFC(), pre_tokenizer: WhitespaceSplit() })),
  punctuation: words(() => ({ normalizer: NFC(), pre_tokenizer: BertPreTokenizer() })),
  bpe: {
    parts: () => ({
      normalizer: NFC(),
      pre_tokenizer: Metaspace(),
      decoder: MetaspaceDecoder(),
      model: new BPE(new Map(), [], { unk_token: '<unk>' }),
    }),
    trainer: ({ vocab_size, min_frequency, limit_alphabet }) =>
      new BpeTrainer({ vocab_size, min_frequency, limit_alphabet, special_tokens: ['<pad>', '<unk>'] }),
    unk_token: '<unk>',
    pad_token: '<pad>',
  },
  'byte-level-bpe': {
    parts: () => ({
      pre_tokenizer: ByteLevel({ add_prefix_space: false }),
      post_processor: ByteLevelProcessing({ trim_offsets: false }),
      decoder: ByteLevelDecoder(),
      model: new BPE(new Map(), []),
    }),
    trainer: ({ vocab_size, min_frequency }) =>
      new BpeTrainer({ vocab_size, min_frequency, initial_alphabet: byteLevelAlphabet(), special_tokens: ['<pad>'] }),
    unk_token: null,
    pad_token: '<pad>',
  },
  unigram: {
    parts: () => ({
      normalizer: NFKC(),
      pre_tokenizer: Metaspace(),
      decoder: MetaspaceDecoder(),
      model: new Unigram([['<unk>', 0]], { unk_id: 0 }),
    }),
    trainer: ({ vocab_size }) => new UnigramTrainer({ vocab_size, special_tokens: ['<pad>', '<unk>'], unk_token: '<unk>' }),
    unk_token: '<unk>',
    pad_token: '<pad>',
  },
};

/**
 * Trains a tokenizer of a kind on texts, ready to use, to save, and to compare with others:
 *
 * - `character`: each character, white space included; `jamo`: the same of the decomposed text, so Hangul syllables are two or
 *   three letters (decoding gives the decomposed text, which looks the same);
 * - `whitespace`: what stands between white space; `punctuation`: the same with punctuation marks apart;
 * - `bpe`: byte-pair encoding of characters; `byte-level-bpe`: of bytes, as GPT-2's; `wordpiece`: as BERT's, cased;
 *   `unigram`: as SentencePiece's.
 *
 * The vocabulary of the first four is the most frequent units, and the rest is unknown.
 * @throws ConfigError for an option that the kind has no use for.
 * @example
 * const tokenizer = await trainTokenizer('jamo', ['안녕하세요', '반갑습니다'], { vocab_size: 100 });
 * tokenizer.tokenize('안녕'); // ['ᄋ', 'ᅡ', 'ᆫ', 'ᄂ', 'ᅧ', 'ᆼ']
 */
export async function trainTokenizer(
  kind: TokenizerKind,
  texts: TrainingTexts,
  options: TrainTokenizerOptions = {},
): Promise<PreTrainedTokenizerFast> {
  const { settings, training } = readTrainingOptions('trainTokenizer', trainTokenizerOptions, options);
  refuseUseless('trainTokenizer', kind, settings);
  if (kind === 'wordpiece') {
    return trainWordPiece(texts, { ...settings, ...cased, ...training });
  }
  const row = kinds[kind];
  if (row === undefined) {
    throw new ConfigError(
      `trainTokenizer: the kind is ${JSON.stringify(kind)}; one of ${tokenizerKinds.join(', ')} is needed.`,
    );
  }
  const tokenizer = new Tokenizer(row.parts());
  await tokenizer.train_from_iterator(texts, row.trainer(settings), training);
  const { unk_token, pad_token } = row;
  return new PreTrainedTokenizerFast(tokenizer, {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token,
    ...(unk_token !== null && { unk_token }),
  });
}

/** The kinds of tokenizers whose training joins pairs of tokens. */
export const mergingKinds = ['bpe', 'byte-level-bpe', 'wordpiece'] as const;

/**
 * The training of `trainTokenizer` for a kind that joins pairs of tokens, to be watched merge by merge.
 * @throws ConfigError for an option that the kind has no use for.
 * @example
 * const replay = await replayTokenizer('byte-level-bpe', ['강의가 좋아요', '강의실'], { vocab_size: 300 });
 * for (const { number, pair, text, count } of replay) console.log(number, pair.map(replay.readable, replay), text, count);
 */
export async function replayTokenizer(
  kind: (typeof mergingKinds)[number],
  texts: TrainingTexts,
  options: TrainTokenizerOptions = {},
): Promise<MergeReplay> {
  const { settings, training } = readTrainingOptions('replayTokenizer', trainTokenizerOptions, options);
  if (!mergingKinds.includes(kind)) {
    throw new ConfigError(
      `replayTokenizer: the kind is ${JSON.stringify(kind)}; one that joins pairs is needed: ${mergingKinds.join(', ')}.`,
    );
  }
  refuseUseless('replayTokenizer', kind, settings);
  if (kind === 'wordpiece') {
    const { tokenizer, trainer } = untrainedWordPiece(
      readOptions('replayTokenizer', trainWordPieceOptions, { ...settings, ...cased }),
    );
    return replayTraining(tokenizer, texts, trainer, training);
  }
  const { parts, trainer } = kinds[kind];
  return replayTraining(new Tokenizer(parts()), texts, trainer(settings) as BpeTrainer, training);
}

/** Which kinds an option is for, where it is not for all. */
const uses: Readonly<Record<string, readonly TokenizerKind[]>> = {
  limit_alphabet: ['bpe', 'wordpiece'],
  score: ['wordpiece'],
  min_frequency: tokenizerKinds.filter((kind) => kind !== 'unigram'),
};

function refuseUseless(speaker: string, kind: TokenizerKind, settings: Settings): void {
  for (const [name, users] of Object.entries(uses)) {
    const value = settings[name as keyof Settings];
    const row = trainTokenizerOptions[name as keyof typeof trainTokenizerOptions];
    if (value === ('default' in row ? row.default : undefined) || users.includes(kind)) continue;
    throw new ConfigError(`${speaker}: ${name} is for ${users.join(', ')}; leave it out for ${kind}.`);
  }
}
