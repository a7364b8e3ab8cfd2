import { ConfigError, MissingFileError, UnsupportedError } from '../core/index.ts';
import { type ModelFolder, readFile, readJson, readText } from '../hub/index.ts';
import { addedToken } from './added-vocabulary.ts';
import { bertBackend, readVocabularyLines } from './bert.ts';
import { brief, isJsonObject, type JsonObject } from './component.ts';
import { BPEDecoder } from './decoders/bpe-decoder.ts';
import { ByteLevelDecoder } from './decoders/byte-level.ts';
import { CTC } from './decoders/ctc.ts';
import { decoders } from './decoders/index.ts';
import { MetaspaceDecoder } from './decoders/metaspace.ts';
import { MarianModel, marianSpelling } from './marian.ts';
import { BPE, type BPEOptions, readMerges } from './models/bpe.ts';
import { TokenTable } from './models/token-table.ts';
import { Unigram } from './models/unigram.ts';
import { checkVocabulary } from './models/vocabulary.ts';
import { WordLevel } from './models/wordlevel.ts';
import { BertNormalizer } from './normalizers/bert-normalizer.ts';
import { normalizers } from './normalizers/index.ts';
import { Replace } from './normalizers/replace.ts';
import { NFC, NFKC } from './normalizers/unicode-forms.ts';
import { ByteLevelProcessing } from './post-processors/byte-level.ts';
import type { PostProcessor } from './post-processors/post-processor.ts';
import { RobertaProcessing } from './post-processors/roberta-processing.ts';
import { type JsonTemplatePiece, TemplateProcessing } from './post-processors/template-processing.ts';
import { BertPreTokenizer } from './pre-tokenizers/bert-pre-tokenizer.ts';
import { ByteLevel } from './pre-tokenizers/byte-level.ts';
import { FixedLength } from './pre-tokenizers/fixed-length.ts';
import { preTokenizers } from './pre-tokenizers/index.ts';
import { Metaspace } from './pre-tokenizers/metaspace.ts';
import type { TokenizerConfig } from './pretrained-tokenizer.ts';
import { mergesOfPieces, readSentencePiece, type SentencePieceModel } from './sentencepiece.ts';
import type { BuiltTokenizer } from './specific-parts.ts';
import { Tokenizer } from './tokenizer.ts';
import { plainClass, tokenizerClass } from './tokenizer-classes.ts';
import { CapitalLetters, letterSpelling } from './wav2vec2.ts';

/**
 * The bare tokenizer of a folder that has only the older parts, put together as Hugging Face's transformers does for the
 * class: vocab.txt, vocab.json with merges.txt, or a SentencePiece model. `config` has its class.
 * @throws MissingFileError when a part is missing; ConfigError for parts that do not fit together.
 * @throws UnsupportedError for a class that is not known here.
 */
export async function fromParts(folder: ModelFolder, config: TokenizerConfig): Promise<BuiltTokenizer> {
  const name = plainClass(config.tokenizer_class);
  if (Object.hasOwn(specificBuilders, name)) return specificBuilders[name]!.build(folder, withClassTokens(config));
  const backend = await build(folder, name, config);
  // Those that a class adds itself are there already, in the same order.
  addTokens(backend, config);
  return { backend };
}

/** Whether a folder has the older parts of a class that a tokenizer.json says less of; Python's class reads only those. */
export async function hasSpecificParts(folder: ModelFolder, config: TokenizerConfig): Promise<boolean> {
  const name = plainClass(config.tokenizer_class);
  if (!Object.hasOwn(specificBuilders, name)) return false;
  return (await readFile(folder, specificBuilders[name]!.sign)) !== undefined;
}

async function build(folder: ModelFolder, name: string, config: TokenizerConfig): Promise<Tokenizer> {
  const row = Object.hasOwn(builders, name) ? builders[name] : undefined;
  if (row !== undefined) return row(folder, withClassTokens(config));
  const isNamed = config.tokenizer_class !== undefined && !/^PreTrainedTokenizer|^TokenizersBackend/.test(name);
  if (isNamed && !tokenizerClass(name).isBert) {
    throw new UnsupportedError(
      `AutoTokenizer: ${folder.name} has no tokenizer.json, and ${name} cannot be built from its older parts here; save the tokenizer with Python's transformers to get a tokenizer.json.`,
    );
  }
  const lines = await readText(folder, 'vocab.txt');
  if (lines !== undefined) return bertBackend(readVocabularyLines(lines), config);
  if ((await readJson(folder, 'vocab.json')) !== undefined && (await readText(folder, 'merges.txt')) !== undefined)
    return unnamedBPE(folder, config);
  const spm = await sentencePieceOf(folder, false);
  if (spm !== undefined) return spm.model_type === 'bpe' ? llama(spm, config) : plainSentencePiece(spm, config);
  throw new MissingFileError(
    `AutoTokenizer: ${folder.name} has neither tokenizer.json nor vocab.txt, vocab.json with merges.txt, or a SentencePiece model; put the tokenizer's files there, or name the folder that has them.`,
  );
}

type Builder = (folder: ModelFolder, config: TokenizerConfig) => Promise<Tokenizer>;

const builders: Record<string, Builder> = {
  GPT2Tokenizer: async (folder, config) => gpt2(await bpeOf(folder, emptyAffixes), config),
  OpenAIGPTTokenizer: async (folder, config) => {
    const model = await bpeOf(folder, { unk_token: contentOf(config.unk_token), end_of_word_suffix: '</w>' });
    const tokenizer = new Tokenizer({
      model,
      normalizer: BertNormalizer(),
      pre_tokenizer: BertPreTokenizer(),
      decoder: BPEDecoder(),
    });
    return withSpecialTokens(tokenizer, config, [contentOf(config.unk_token)]);
  },
  RobertaTokenizer: roberta,
  BartTokenizer: roberta,
  CLIPTokenizer: async (folder, config) => {
    const options = { ...emptyAffixes, end_of_word_suffix: '</w>', unk_token: contentOf(config.unk_token) };
    const tokenizer = new Tokenizer({
      model: await bpeOf(folder, options),
      normalizer: normalizers.read(
        {
          type: 'Sequence',
          normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' }, { type: 'Lowercase' }],
        },
        'CLIPTokenizer',
      ),
      pre_tokenizer: splitThenBytes(clipPattern, 'Removed', true, { use_regex: true }),
      decoder: ByteLevelDecoder(),
    });
    withSpecialTokens(tokenizer, config);
    tokenizer.post_processor = RobertaProcessing({
      sep: tokenOf(tokenizer, config.eos_token),
      cls: tokenOf(tokenizer, config.bos_token),
      trim_offsets: false,
      add_prefix_space: false,
    });
    return tokenizer;
  },
  Qwen2Tokenizer: async (folder, config) => {
    const tokenizer = new Tokenizer({
      model: await bpeOf(folder, emptyAffixes),
      normalizer: NFC(),
      pre_tokenizer: splitThenBytes(qwen2Pattern, 'Isolated', false, {
        use_regex: false,
        add_prefix_space: config.add_prefix_space === true,
      }),
      decoder: ByteLevelDecoder(),
      post_processor: ByteLevelProcessing({ trim_offsets: false }),
    });
    return withSpecialTokens(tokenizer, config);
  },
  SentencePieceBPETokenizer: sentencePieceBPE,
  KoGPT2Tokenizer: sentencePieceBPE,
  T5Tokenizer: async (folder, config) => {
    const spm = (await sentencePieceOf(folder))!;
    const count = typeof config.extra_ids === 'number' ? config.extra_ids : 100;
    const extra = Array.from({ length: count }, (_, i) => `<extra_id_${count - 1 - i}>`);
    const vocab = [...scoresOf(spm), ...extra.map((token) => [token, 0] as [string, number])];
    const tokenizer = unigramTokenizer(spm, vocab, spm.unk_id, config);
    withSpecialTokens(tokenizer, config, [...classTokens(config), ...extra]);
    tokenizer.post_processor = templateOf(tokenizer, 'A </s>', 'A </s> B </s>', [0, 0]);
    return tokenizer;
  },
  AlbertTokenizer: async (folder, config) => {
    const spm = (await sentencePieceOf(folder))!;
    // A number with a comma behind it is worse than the two apart; and what the model calls user-defined, which is punctuation,
    // stays among the pieces, as in the tokenizer.json that is published.
    const vocab = scoresOf(spm).map(([piece, score]): [string, number] => [piece, /\d,$/.test(piece) ? score - 100 : score]);
    const pieces = spm.pieces.filter(({ type }) => type !== 'user_defined');
    const tokenizer = unigramTokenizer({ ...spm, pieces }, vocab, spm.unk_id, config);
    const steps: JsonObject[] = [replaced({ String: '``' }, '"'), replaced({ String: "''" }, '"')];
    if (config.keep_accents !== true) steps.push({ type: 'NFKD' }, { type: 'StripAccents' });
    if (config.do_lower_case !== false) steps.push({ type: 'Lowercase' });
    if (spm.precompiled_charsmap !== '') steps.push(precompiled(spm));
    steps.push(replaced({ Regex: ' {2,}' }, ' '));
    tokenizer.normalizer = normalizers.read({ type: 'Sequence', normalizers: steps }, 'AlbertTokenizer');
    tokenizer.pre_tokenizer = preTokenizers.read(
      { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Metaspace' }] },
      'AlbertTokenizer',
    );
    withSpecialTokens(tokenizer, config);
    tokenizer.post_processor = templateOf(tokenizer, '[CLS] A [SEP]', '[CLS] A [SEP] B [SEP]', [0, 1]);
    return tokenizer;
  },
  XLMRobertaTokenizer: async (folder, config) => {
    const spm = (await sentencePieceOf(folder))!;
    const first = ['<s>', '<pad>', '</s>', '<unk>'].map((token): [string, number] => [token, 0]);
    const vocab = [...first, ...scoresOf(spm).slice(3), ['<mask>', 0] as [string, number]];
    const tokenizer = unigramTokenizer(spm, vocab, 3, config);
    withSpecialTokens(tokenizer, config);
    tokenizer.post_processor = templateOf(tokenizer, '<s> A </s>', '<s> A </s> </s> B </s>', [0, 0]);
    return tokenizer;
  },
  LlamaTokenizer: async (folder, config) => llama((await sentencePieceOf(folder))!, config),
};

/** Classes that are more than a bare tokenizer, with the file by which their parts are known. */
const specificBuilders: Record<
  string,
  { sign: string; build: (folder: ModelFolder, config: TokenizerConfig) => Promise<BuiltTokenizer> }
> = {
  MarianTokenizer: { sign: 'source.spm', build: marian },
  Wav2Vec2CTCTokenizer: { sign: 'vocab.json', build: wav2vec2 },
};

const emptyAffixes = { continuing_subword_prefix: '', end_of_word_suffix: '' };
const clipPattern = "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
const qwen2Pattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

async function roberta(folder: ModelFolder, config: TokenizerConfig): Promise<Tokenizer> {
  const add_prefix_space = config.add_prefix_space === true;
  const tokenizer = new Tokenizer({
    model: await bpeOf(folder, emptyAffixes),
    pre_tokenizer: ByteLevel({ add_prefix_space }),
    decoder: ByteLevelDecoder(),
  });
  withSpecialTokens(tokenizer, config);
  tokenizer.post_processor = RobertaProcessing({
    sep: tokenOf(tokenizer, config.sep_token),
    cls: tokenOf(tokenizer, config.cls_token),
    trim_offsets: true,
    add_prefix_space,
  });
  return tokenizer;
}

function gpt2(model: BPE, config: TokenizerConfig): Tokenizer {
  const tokenizer = new Tokenizer({
    model,
    pre_tokenizer: ByteLevel({ add_prefix_space: config.add_prefix_space === true }),
    decoder: ByteLevelDecoder(),
    post_processor: ByteLevelProcessing({ trim_offsets: false }),
  });
  withSpecialTokens(tokenizer, config);
  const bos = contentOf(config.bos_token);
  if (config.add_bos_token === true && bos !== null)
    tokenizer.post_processor = templateOf(tokenizer, `${bos} A`, `${bos} A B`, [0, 1]);
  return tokenizer;
}

/** Vocabulary and merges with spaces as `▁` and no bytes: SentencePieceBPETokenizer of Hugging Face's library. */
async function sentencePieceBPE(folder: ModelFolder, config: TokenizerConfig): Promise<Tokenizer> {
  const unk_token = contentOf(config.unk_token) ?? '<unk>';
  return new Tokenizer({
    model: await bpeOf(folder, { unk_token }),
    normalizer: NFKC(),
    pre_tokenizer: Metaspace(),
    decoder: MetaspaceDecoder(),
  });
}

/** Which of the two kinds of vocabulary a folder has that names no class. */
async function unnamedBPE(folder: ModelFolder, config: TokenizerConfig): Promise<Tokenizer> {
  const model = await bpeOf(folder, emptyAffixes);
  if (model.token_to_id('Ġ') === undefined && model.token_to_id('▁') !== undefined) return sentencePieceBPE(folder, config);
  return gpt2(model, config);
}

async function bpeOf(folder: ModelFolder, options: BPEOptions): Promise<BPE> {
  const json = await readJson(folder, 'vocab.json');
  const text = await readText(folder, 'merges.txt');
  if (json === undefined || text === undefined) {
    const missing = json === undefined ? 'vocab.json' : 'merges.txt';
    throw new MissingFileError(
      `AutoTokenizer: ${folder.name} has neither tokenizer.json nor ${missing}; put the tokenizer's files there, or name the folder that has them.`,
    );
  }
  const vocab = vocabularyOf(json, `${folder.name}/vocab.json`);
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  return new BPE(vocab, readMerges(lines, `${folder.name}/merges.txt`), options, folder.name);
}

function vocabularyOf(json: unknown, where: string): Map<string, number> {
  if (!isJsonObject(json)) throw new ConfigError(`${where}: it is ${brief(json)}; an object from tokens to ids is needed.`);
  checkVocabulary(Object.entries(json), where);
  return new Map(Object.entries(json as Record<string, number>));
}

async function sentencePieceOf(folder: ModelFolder, isNeeded = true): Promise<SentencePieceModel | undefined> {
  const names = ['spiece.model', 'sentencepiece.bpe.model', 'tokenizer.model', 'sentencepiece.model', 'spm.model'];
  for (const name of names) {
    const bytes = await readFile(folder, name);
    if (bytes !== undefined) return readSentencePiece(bytes, `${folder.name}/${name}`);
  }
  if (!isNeeded) return undefined;
  throw new MissingFileError(
    `AutoTokenizer: ${folder.name} has neither tokenizer.json nor a SentencePiece model (${names.join(', ')}); put the tokenizer's files there, or name the folder that has them.`,
  );
}

function scoresOf(spm: SentencePieceModel): [piece: string, score: number][] {
  return spm.pieces.map(({ piece, score }) => [piece, score]);
}

function unigramTokenizer(
  spm: SentencePieceModel,
  vocab: readonly (readonly [string, number | null])[],
  unk_id: number,
  config: TokenizerConfig,
): Tokenizer {
  const steps: JsonObject[] = spm.precompiled_charsmap === '' ? [] : [precompiled(spm)];
  steps.push({ type: 'Strip', strip_left: false, strip_right: true }, replaced({ Regex: ' {2,}' }, '▁'));
  const prepend_scheme = config.add_prefix_space === false ? 'never' : config.legacy === false ? 'first' : 'always';
  const tokenizer = new Tokenizer({
    model: new Unigram(vocab, { unk_id }),
    normalizer: normalizers.read({ type: 'Sequence', normalizers: steps }, 'SentencePiece'),
    pre_tokenizer: Metaspace({ prepend_scheme }),
    decoder: MetaspaceDecoder({ prepend_scheme }),
  });
  for (const { piece, type } of spm.pieces) {
    if (type === 'control') tokenizer.add_special_tokens([piece]);
    else if (type === 'user_defined') tokenizer.add_tokens([{ content: piece, normalized: false }]);
  }
  return tokenizer;
}

function plainSentencePiece(spm: SentencePieceModel, config: TokenizerConfig): Tokenizer {
  return unigramTokenizer(spm, scoresOf(spm), spm.unk_id, config);
}

function llama(spm: SentencePieceModel, config: TokenizerConfig): Tokenizer {
  const vocab = new Map(spm.pieces.map(({ piece }, id) => [piece, id]));
  const add_prefix_space = config.add_prefix_space !== false;
  const isLegacy = config.legacy !== false;
  const steps: JsonObject[] = add_prefix_space ? [{ type: 'Prepend', prepend: '▁' }] : [];
  steps.push(replaced({ String: ' ' }, '▁'));
  const strip = add_prefix_space ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : [];
  const decoding = [replaced({ String: '▁' }, ' '), { type: 'ByteFallback' }, { type: 'Fuse' }, ...strip];
  const tokenizer = new Tokenizer({
    model: new BPE(vocab, mergesOfPieces(vocab), { unk_token: spm.unk_piece, fuse_unk: true, byte_fallback: true }),
    normalizer: isLegacy ? normalizers.read({ type: 'Sequence', normalizers: steps }, 'LlamaTokenizer') : null,
    pre_tokenizer: isLegacy ? null : Metaspace({ prepend_scheme: add_prefix_space ? 'first' : 'never', split: false }),
    decoder: decoders.read({ type: 'Sequence', decoders: decoding }, 'LlamaTokenizer'),
  });
  for (const { piece, type } of spm.pieces) {
    if (type === 'control' || type === 'unknown') tokenizer.add_special_tokens([piece]);
    else if (type === 'user_defined') tokenizer.add_tokens([{ content: piece, normalized: false }]);
  }
  const [bos, eos] = [contentOf(config.bos_token) ?? '<s>', contentOf(config.eos_token) ?? '</s>'];
  const around = (text: string) =>
    [config.add_bos_token === false ? '' : bos, text, config.add_eos_token === true ? eos : ''].filter(Boolean).join(' ');
  tokenizer.post_processor = templateOf(tokenizer, around('A'), `${around('A')} ${around('B')}`, [0, 1]);
  return tokenizer;
}

/**
 * Marian's: the pieces of two languages, by a SentencePiece model each, with the ids of a vocabulary that both share.
 * Python's class does not pass through the Rust library; nor does it normalize punctuation without sacremoses.
 */
async function marian(folder: ModelFolder, config: TokenizerConfig): Promise<BuiltTokenizer> {
  if (config.separate_vocabs === true) {
    throw new UnsupportedError(
      `AutoTokenizer: ${folder.name} has separate_vocabs: true; only a vocabulary that both languages share is supported.`,
    );
  }
  const [source, target] = [await partOf(folder, 'source.spm'), await partOf(folder, 'target.spm')];
  const json = await readJson(folder, 'vocab.json');
  if (json === undefined) throw missingPart(folder, 'vocab.json');
  const ids = vocabularyOf(json, `${folder.name}/vocab.json`);
  const ordered = [...ids].sort((a, b) => a[1] - b[1]);
  if (ordered.some(([, id], i) => id !== i))
    throw new ConfigError(`${folder.name}/vocab.json: its ids have gaps; ids from 0 without gaps are needed.`);
  const unk_token = contentOf(config.unk_token)!;
  if (!ids.has(unk_token))
    throw new ConfigError(
      `${folder.name}/vocab.json: it has no ${brief(unk_token)}; the unknown token is needed, name another as unk_token in tokenizer_config.json.`,
    );
  const vocab = TokenTable.of(ids);
  const [fromSource, fromTarget] = [source, target].map((bytes, i) => {
    const where = `${folder.name}/${i === 0 ? 'source.spm' : 'target.spm'}`;
    const spm = readSentencePiece(bytes, where);
    if (spm.model_type !== 'unigram')
      throw new UnsupportedError(`${where}: it is a BPE model; Marian's tokenizers are Unigram models.`);
    return { spm, tokenizer: marianSide(spm, vocab, unk_token, config) };
  });
  return {
    backend: fromSource!.tokenizer,
    specific: {
      target: fromTarget!.tokenizer,
      spell: marianSpelling(fromSource!.spm, fromTarget!.spm),
      decodeOption: 'use_source_tokenizer',
      takesWords: true,
      files: () => ({
        'source.spm': source,
        'target.spm': target,
        ...fromSource!.tokenizer.model.vocabularyFiles(),
      }),
    },
  };
}

function marianSide(spm: SentencePieceModel, vocab: TokenTable, unk_token: string, config: TokenizerConfig): Tokenizer {
  const steps: JsonObject[] = spm.precompiled_charsmap === '' ? [] : [precompiled(spm)];
  // Spaces alone go: what else is white the model's own table has made a space, or is to stay.
  steps.push(replaced({ Regex: '\\A +| +\\z' }, ''), replaced({ Regex: ' {2,}' }, ' '));
  const tokenizer = new Tokenizer({
    model: new MarianModel(spm, vocab, unk_token),
    normalizer: normalizers.read({ type: 'Sequence', normalizers: steps }, 'MarianTokenizer'),
    // Pieces may span several words, so the text is not split.
    pre_tokenizer: Metaspace({ split: false }),
    decoder: MetaspaceDecoder(),
  });
  withSpecialTokens(tokenizer, config);
  // The codes of languages, which Python's class looks for at the beginning of a text.
  const codes = [...vocab.toMap().keys()].filter((token) => /^>>.*<<$/.test(token));
  tokenizer.add_tokens(codes.map((content) => ({ content, normalized: false })));
  tokenizer.post_processor = templateOf(tokenizer, 'A </s>', 'A B </s>', [0, 0]);
  return tokenizer;
}

/** Letters of speech: a vocabulary of single characters, with a token between words. */
async function wav2vec2(folder: ModelFolder, config: TokenizerConfig): Promise<BuiltTokenizer> {
  const where = `${folder.name}/vocab.json`;
  const json = await readJson(folder, 'vocab.json');
  if (json === undefined) throw missingPart(folder, 'vocab.json');
  const vocab = vocabularyOf(ofLanguage(json, config.target_lang, where), where);
  const setting = (name: string, usual: string): string => {
    const value = config[name] ?? usual;
    const content = isJsonObject(value) ? value.content : value;
    if (typeof content === 'string') return content;
    throw new ConfigError(`tokenizer_config.json: ${name} is ${brief(value)}; a string is needed.`);
  };
  const delimiter = setting('word_delimiter_token', '|');
  const space = setting('replace_word_delimiter_char', ' ');
  const lowers = config.do_lower_case === true;
  const unk_token = contentOf(config.unk_token)!;
  const backend = new Tokenizer({
    model: new WordLevel(vocab, { unk_token }),
    normalizer: lowers ? CapitalLetters({ delimiter }) : Replace({ pattern: { String: ' ' }, content: delimiter }),
    pre_tokenizer: FixedLength({ length: 1 }),
    decoder: CTC({ pad_token: contentOf(config.pad_token)!, word_delimiter_token: delimiter }),
  });
  addTokens(backend, config);
  const roles = [...new Set([...classTokens(config), delimiter])].filter((token): token is string => token !== null);
  backend.add_special_tokens(roles);
  // Tokens of several characters are found before a text is cut into its characters, and take the spaces around them.
  const isRole = new Set(roles);
  for (const content of vocab.keys()) {
    if ([...content].length < 2) continue;
    const token = { content, lstrip: true, rstrip: true, normalized: false };
    if (isRole.has(content)) backend.add_special_tokens([token]);
    else backend.add_tokens([token]);
  }
  return {
    backend,
    specific: {
      special: [delimiter],
      spell: letterSpelling({ delimiter, space, lowers }),
      decodeOption: 'group_tokens',
      takesWords: false,
      files: () => ({ 'vocab.json': `${JSON.stringify(json, null, 2)}\n` }),
    },
  };
}

/** The vocabulary of one language, where the file has one for each. */
function ofLanguage(json: unknown, language: unknown, where: string): unknown {
  if (language === undefined || language === null) return json;
  if (isJsonObject(json) && typeof language === 'string' && Object.hasOwn(json, language)) return json[language];
  throw new ConfigError(
    `${where}: it has no language ${brief(language)}, which target_lang asks for; it has ${Object.keys(json as object)
      .slice(0, 20)
      .join(', ')}.`,
  );
}

async function partOf(folder: ModelFolder, name: string): Promise<Uint8Array> {
  const bytes = await readFile(folder, name);
  if (bytes === undefined) throw missingPart(folder, name);
  return bytes;
}

function missingPart(folder: ModelFolder, name: string): MissingFileError {
  return new MissingFileError(
    `AutoTokenizer: ${folder.name} has neither tokenizer.json nor ${name}; put the tokenizer's files there, or name the folder that has them.`,
  );
}

function precompiled({ precompiled_charsmap }: SentencePieceModel): JsonObject {
  return { type: 'Precompiled', precompiled_charsmap };
}

function replaced(pattern: JsonObject, content: string): JsonObject {
  return { type: 'Replace', pattern, content };
}

function splitThenBytes(regex: string, behavior: string, invert: boolean, bytes: JsonObject) {
  const split = { type: 'Split', pattern: { Regex: regex }, behavior, invert };
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, ...bytes };
  return preTokenizers.read({ type: 'Sequence', pretokenizers: [split, byteLevel] }, 'AutoTokenizer');
}

/** The template that a line spells: A and B are the texts, anything else a special token. */
function templateOf(tokenizer: Tokenizer, single: string, pair: string, [a, b]: readonly [number, number]): PostProcessor {
  const special: Record<string, { id: string; ids: number[]; tokens: string[] }> = {};
  const read = (line: string): JsonTemplatePiece[] => {
    let type_id = a;
    return line.split(' ').map((id) => {
      if (id === 'B') type_id = b;
      if (id === 'A' || id === 'B') return { Sequence: { id, type_id } };
      special[id] = { id, ids: [tokenOf(tokenizer, id)[1]], tokens: [id] };
      return { SpecialToken: { id, type_id } };
    });
  };
  return TemplateProcessing({ single: read(single), pair: read(pair), special_tokens: special });
}

function withClassTokens(config: TokenizerConfig): TokenizerConfig {
  return { ...tokenizerClass(config.tokenizer_class).special_tokens, ...config };
}

/** The special tokens that the configuration or the class names, each once. */
function classTokens(config: TokenizerConfig): (string | null)[] {
  const { bos_token, eos_token, unk_token, sep_token, pad_token, cls_token, mask_token } = config;
  return [bos_token, eos_token, unk_token, sep_token, pad_token, cls_token, mask_token].map(contentOf);
}

function withSpecialTokens(tokenizer: Tokenizer, config: TokenizerConfig, tokens = classTokens(config)): Tokenizer {
  addTokens(tokenizer, config);
  for (const content of new Set(tokens)) {
    if (content === null || isAdded(tokenizer, content)) continue;
    // The mask takes the space before it, as in Python's classes of these models.
    tokenizer.add_special_tokens([content === '<mask>' || content === '[MASK]' ? { content, lstrip: true } : content]);
  }
  return tokenizer;
}

function isAdded(tokenizer: Tokenizer, content: string): boolean {
  const id = tokenizer.token_to_id(content);
  return id !== undefined && tokenizer.get_added_tokens_decoder().has(id);
}

/** Adds the tokens that tokenizer_config.json lists by their ids; those of the vocabulary keep theirs, others follow it. */
function addTokens(tokenizer: Tokenizer, { added_tokens_decoder }: TokenizerConfig): void {
  if (!isJsonObject(added_tokens_decoder)) return;
  for (const [id, value] of Object.entries(added_tokens_decoder).sort(([a], [b]) => Number(a) - Number(b))) {
    if (!isJsonObject(value) || typeof value.content !== 'string')
      throw new ConfigError(
        `tokenizer_config.json: added_tokens_decoder.${id} is ${brief(value)}; an object with a content is needed.`,
      );
    const token = addedToken(value as { content: string });
    if (token.special) tokenizer.add_special_tokens([token]);
    else tokenizer.add_tokens([token]);
  }
}

function contentOf(token: TokenizerConfig['cls_token']): string | null {
  if (token === null || token === undefined) return null;
  return typeof token === 'string' ? token : String(token.content);
}

function tokenOf(tokenizer: Tokenizer, token: TokenizerConfig['cls_token']): [token: string, id: number] {
  const content = contentOf(token);
  const id = content === null ? undefined : tokenizer.token_to_id(content);
  if (content !== null && id !== undefined) return [content, id];
  throw new ConfigError(
    `AutoTokenizer: the special token ${brief(content)} is not in the vocabulary; name another in tokenizer_config.json.`,
  );
}
