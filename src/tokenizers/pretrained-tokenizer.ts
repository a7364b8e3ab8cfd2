import { ConfigError, DataError, UnsupportedError } from '../core/index.ts';
import { writeFiles } from '../hub/index.ts';
import type { AddedToken } from './added-vocabulary.ts';
import { BatchEncoding, type EncodedLists, type Ids } from './batch-encoding.ts';
import { type CallOptions, readCallOptions, type TextBatch } from './call-options.ts';
import { type ChatMessage, type ChatTemplateOptions, chooseTemplate, renderChat } from './chat-template.ts';
import { brief, type Json, type JsonObject } from './component.ts';
import { cleanUp } from './decoders/wordpiece-decoder.ts';
import type { Encoding, Side } from './encoding.ts';
import { type PadOptions, padLists } from './pad-lists.ts';
import { readSpecialToken, type SpecialTokenName, specialTokenNames, specialTokenToJSON } from './special-tokens.ts';
import type { DecodeOptions, SpecificParts } from './specific-parts.ts';
import type { TextInput, Tokenizer } from './tokenizer.ts';
import { hasTargetMode, plainClass, tokenizerClass } from './tokenizer-classes.ts';

/** What tokenizer_config.json says of a tokenizer: special tokens by role, lengths, sides. Other entries are kept and saved. */
export interface TokenizerConfig extends Partial<Record<SpecialTokenName, string | JsonObject | null>> {
  tokenizer_class?: string;
  /** The most tokens the model takes; beyond 1e20 there is no limit. */
  model_max_length?: number;
  padding_side?: Side;
  truncation_side?: Side;
  model_input_names?: string[];
  pad_token_type_id?: number;
  clean_up_tokenization_spaces?: boolean;
  split_special_tokens?: boolean;
  /** Special tokens without a role of their own. */
  additional_special_tokens?: (string | JsonObject)[];
  extra_special_tokens?: (string | JsonObject)[];
  [name: string]: unknown;
}

/** Ids in any list: arrays, typed arrays, also of bigint. */
export type IdList = Iterable<number | bigint>;

/** Whether a call gives one row or a list of rows. */
export type IdsFor<Text, Options> = Options extends { return_overflowing_tokens: true }
  ? number[][]
  : Options extends { is_split_into_words: true }
    ? Text extends readonly (readonly string[])[]
      ? number[][]
      : number[]
    : Text extends string
      ? number[]
      : number[][];

/** Gives objects of derived classes that can be called; the call goes to the method `_call`. */
class Callable {
  constructor() {
    const self = (...given: unknown[]) => (self as unknown as { _call(...given: unknown[]): unknown })._call(...given);
    // biome-ignore lint/correctness/noConstructorReturn: a class has no other way to make its objects functions
    return Object.setPrototypeOf(self, new.target.prototype) as Callable;
  }
}

/**
 * A tokenizer as models use it, named and called as in Hugging Face's transformers.
 *
 *   const encoded = tokenizer('How are you?', { truncation: true });
 *   const batch = tokenizer(['one text', 'another'], { padding: true });
 *   const pair = tokenizer('a question', 'its context', { max_length: 128 });
 *   const { labels } = tokenizer(['How are you?'], { text_target: ['Wie geht es dir?'] });
 *
 * Differs from transformers: lists stay lists (a data collator makes tensors), an unknown option is an error, and the cutting
 * and padding of one call leave the backend's own settings as they are.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the call signature is what Callable's constructor adds
export class PreTrainedTokenizerFast extends Callable {
  /** The bare tokenizer of tokenizer.json. */
  readonly backend_tokenizer: Tokenizer;
  /** The most tokens the model takes. 1e30 means that no file says so. */
  model_max_length: number;
  padding_side: Side;
  truncation_side: Side;
  /** The lists a call returns unless told otherwise. */
  model_input_names: readonly string[];
  pad_token_type_id: number;
  clean_up_tokenization_spaces: boolean;
  split_special_tokens: boolean;
  readonly #config: TokenizerConfig;
  readonly #specific: SpecificParts | undefined;
  readonly #special = new Map<SpecialTokenName, AddedToken>();
  readonly #extra = new Map<string, AddedToken>();

  constructor(backend: Tokenizer, config: TokenizerConfig = {}, specific?: SpecificParts) {
    super();
    const { special_tokens, model_input_names, model_max_length = 1e30 } = tokenizerClass(config.tokenizer_class);
    this.backend_tokenizer = backend;
    this.#config = config;
    this.#specific = specific;
    this.model_max_length = config.model_max_length ?? backend.truncation?.max_length ?? model_max_length;
    this.padding_side = side('padding_side', config.padding_side ?? backend.padding?.direction);
    this.truncation_side = side('truncation_side', config.truncation_side ?? backend.truncation?.direction);
    this.model_input_names = config.model_input_names ?? model_input_names;
    this.pad_token_type_id = config.pad_token_type_id ?? backend.padding?.pad_type_id ?? 0;
    this.clean_up_tokenization_spaces = config.clean_up_tokenization_spaces ?? false;
    this.split_special_tokens = config.split_special_tokens ?? false;
    if (!(typeof this.model_max_length === 'number' && this.model_max_length > 0))
      throw new ConfigError(`tokenizer: model_max_length is ${brief(config.model_max_length)}; a number above 0 is needed.`);
    for (const name of specialTokenNames) {
      const fallback = special_tokens[name];
      // A class's usual token counts only where the vocabulary has it.
      const usual = fallback !== undefined && backend.token_to_id(fallback) !== undefined ? fallback : undefined;
      const given = config[name] === undefined ? (name === 'pad_token' ? backend.padding?.pad_token : undefined) : config[name];
      const token = readSpecialToken(given === undefined ? usual : given, `tokenizer: ${name}`);
      if (token !== null) this.#special.set(name, token);
    }
    for (const list of [config.additional_special_tokens, config.extra_special_tokens]) {
      if (!Array.isArray(list)) continue;
      for (const [i, value] of list.entries()) {
        const token = readSpecialToken(value, `tokenizer: additional_special_tokens[${i}]`);
        if (token !== null && !this.#extra.has(token.content)) this.#extra.set(token.content, token);
      }
    }
    for (const token of [...this.#special.values(), ...this.#extra.values()]) this.#register(token);
  }

  /** The token that begins a text, or null. */
  get bos_token(): string | null {
    return this.#tokenOf('bos_token');
  }
  set bos_token(token: string | null) {
    this.#setToken('bos_token', token);
  }
  get bos_token_id(): number | null {
    return this.#idOf('bos_token');
  }

  /** The token that ends a text, or null. */
  get eos_token(): string | null {
    return this.#tokenOf('eos_token');
  }
  set eos_token(token: string | null) {
    this.#setToken('eos_token', token);
  }
  get eos_token_id(): number | null {
    return this.#idOf('eos_token');
  }

  /** The token for what cannot be spelled, or null. */
  get unk_token(): string | null {
    return this.#tokenOf('unk_token');
  }
  set unk_token(token: string | null) {
    this.#setToken('unk_token', token);
  }
  get unk_token_id(): number | null {
    return this.#idOf('unk_token');
  }

  /** The token between texts, or null. */
  get sep_token(): string | null {
    return this.#tokenOf('sep_token');
  }
  set sep_token(token: string | null) {
    this.#setToken('sep_token', token);
  }
  get sep_token_id(): number | null {
    return this.#idOf('sep_token');
  }

  /** The token that fills up texts, or null. */
  get pad_token(): string | null {
    return this.#tokenOf('pad_token');
  }
  set pad_token(token: string | null) {
    this.#setToken('pad_token', token);
  }
  get pad_token_id(): number | null {
    return this.#idOf('pad_token');
  }

  /** The token whose place classifies a text, or null. */
  get cls_token(): string | null {
    return this.#tokenOf('cls_token');
  }
  set cls_token(token: string | null) {
    this.#setToken('cls_token', token);
  }
  get cls_token_id(): number | null {
    return this.#idOf('cls_token');
  }

  /** The token that hides a word, or null. */
  get mask_token(): string | null {
    return this.#tokenOf('mask_token');
  }
  set mask_token(token: string | null) {
    this.#setToken('mask_token', token);
  }
  get mask_token_id(): number | null {
    return this.#idOf('mask_token');
  }

  /** The special tokens by role. */
  get special_tokens_map(): Partial<Record<SpecialTokenName, string>> {
    return Object.fromEntries([...this.#special].map(([name, token]) => [name, token.content]));
  }

  /** Special tokens without a role of their own. */
  get extra_special_tokens(): string[] {
    return [...this.#extra.keys()];
  }

  /** All special tokens, each once. */
  get all_special_tokens(): string[] {
    const named = [...this.#special.values(), ...this.#extra.values()].map((token) => token.content);
    return [...new Set([...named, ...(this.#specific?.special ?? [])])];
  }

  /** The ids of all special tokens. */
  get all_special_ids(): number[] {
    return this.all_special_tokens.map((token) => this.backend_tokenizer.token_to_id(token)!);
  }

  /** How many tokens the model's vocabulary has, without added ones. */
  get vocab_size(): number {
    return this.backend_tokenizer.get_vocab_size(false);
  }

  /** How many tokens there are in all: what a model's embedding needs rows for. `len(tokenizer)` in Python. */
  get total_vocab_size(): number {
    return this.backend_tokenizer.get_vocab_size(true);
  }

  /** The vocabulary from token to id, added tokens included. */
  get_vocab(): Map<string, number> {
    return this.backend_tokenizer.get_vocab();
  }

  /** Adds tokens to what is found in texts. Gives how many were new; the model then needs as many more embeddings. */
  add_tokens(tokens: readonly (string | (Partial<AddedToken> & { content: string }))[]): number {
    this.#specific?.target?.add_tokens(tokens);
    return this.backend_tokenizer.add_tokens(tokens);
  }

  /** Sets special tokens by role, or adds some without one. Gives how many were new to the vocabulary. */
  add_special_tokens(
    tokens: Partial<Record<SpecialTokenName, string>> & { additional_special_tokens?: readonly string[] },
  ): number {
    const before = this.total_vocab_size;
    for (const [name, value] of Object.entries(tokens)) {
      if (name === 'additional_special_tokens') {
        for (const content of value as readonly string[]) {
          const token = readSpecialToken(content, name)!;
          if (!this.#extra.has(content)) this.#extra.set(content, token);
          this.#register(token);
        }
      } else if (specialTokenNames.includes(name as SpecialTokenName))
        this.#setToken(name as SpecialTokenName, value as string);
      else
        throw new ConfigError(
          `add_special_tokens: there is no role ${name}; the roles are ${specialTokenNames.join(', ')}, additional_special_tokens.`,
        );
    }
    return this.total_vocab_size - before;
  }

  /** How many special tokens are put around one text, or a pair. */
  num_special_tokens_to_add(isPair = false): number {
    return this.backend_tokenizer.num_special_tokens_to_add(isPair);
  }

  /** The ids of one text or pair, special tokens included unless told otherwise. */
  encode(text: string | readonly string[], pairOrOptions?: TextInput | null | CallOptions, options?: CallOptions): number[] {
    const [pair, given] = pairAndOptions(pairOrOptions, options);
    const isSplit = typeof text !== 'string';
    const [encoding] = this.#encodeAll([[text, pair as TextInput | undefined]], { is_split_into_words: isSplit, ...given });
    return encoding!.ids;
  }

  /** The tokens of one text or pair, without special tokens unless asked for. */
  tokenize(text: string | readonly string[], pairOrOptions?: TextInput | null | CallOptions, options?: CallOptions): string[] {
    const [pair, given] = pairAndOptions(pairOrOptions, options);
    const [encoding] = this.#encodeAll([[text, pair as TextInput | undefined]], { add_special_tokens: false, ...given });
    return encoding!.tokens;
  }

  /**
   * The text of ids. Differs from the backend's: special tokens are kept unless told otherwise.
   * `clean_up_tokenization_spaces` takes out spaces before punctuation once more, after the decoder.
   */
  decode(ids: IdList | number, options: DecodeOptions = {}): string {
    const list = typeof ids === 'number' ? [ids] : Array.from(ids, Number);
    const text =
      this.#specific === undefined ? this.#decoded(list, options) : this.#spelled(this.convert_ids_to_tokens(list), options);
    return (options.clean_up_tokenization_spaces ?? this.clean_up_tokenization_spaces) ? cleanUp(text) : text;
  }

  /** The texts of several lists of ids. */
  batch_decode(batch: Iterable<IdList>, options: DecodeOptions = {}): string[] {
    return Array.from(batch, (ids) => this.decode(ids, options));
  }

  /** The id of a token, or the ids of a list of them; the unknown token's where the vocabulary has none. */
  convert_tokens_to_ids(tokens: string): number;
  convert_tokens_to_ids(tokens: readonly string[]): number[];
  convert_tokens_to_ids(tokens: string | readonly string[]): number | number[] {
    if (typeof tokens !== 'string') return tokens.map((token) => this.convert_tokens_to_ids(token));
    const id = this.backend_tokenizer.token_to_id(tokens) ?? this.unk_token_id;
    if (id !== null) return id;
    throw new DataError(
      `convert_tokens_to_ids: ${brief(tokens)} is not in the vocabulary and there is no unknown token; use a token of the vocabulary.`,
    );
  }

  /** The token of an id, or the tokens of a list of them; undefined where no token has the id. */
  convert_ids_to_tokens(ids: number): string | undefined;
  convert_ids_to_tokens(ids: IdList, options?: { skip_special_tokens?: boolean }): (string | undefined)[];
  convert_ids_to_tokens(
    ids: number | IdList,
    { skip_special_tokens = false }: { skip_special_tokens?: boolean } = {},
  ): string | undefined | (string | undefined)[] {
    if (typeof ids === 'number') return this.backend_tokenizer.id_to_token(ids);
    const skipped = new Set(skip_special_tokens ? this.all_special_ids : []);
    const list = Array.from(ids, Number).filter((id) => !skipped.has(id));
    return list.map((id) => this.backend_tokenizer.id_to_token(id));
  }

  /** The text of tokens. */
  convert_tokens_to_string(tokens: readonly string[]): string {
    if (this.#specific !== undefined) return this.#spelled(tokens, {});
    return this.backend_tokenizer.decoder?.decode(tokens) ?? tokens.join(' ');
  }

  /**
   * A conversation as the text that the model was trained on, by the template of its files; with `tokenize` (the default)
   * encoded, without further special tokens. Differs from Python: it is asynchronous, since the template's interpreter is
   * loaded when it is first needed.
   * @throws ConfigError when there is no template, and for what the template itself refuses.
   */
  apply_chat_template<const Options extends ChatTemplateOptions = Record<never, never>>(
    messages: readonly ChatMessage[],
    options?: Options,
  ): Promise<Options extends { tokenize: false } ? string : BatchEncoding<number[]>>;
  async apply_chat_template(messages: readonly ChatMessage[], options: ChatTemplateOptions = {}): Promise<unknown> {
    const { tokenize = true, chat_template, ...rest } = options;
    const template = chooseTemplate(chat_template, this.#config.chat_template, rest.tools !== undefined);
    const text = await renderChat(template, messages, { ...rest, specialTokens: this.special_tokens_map });
    return tokenize ? this._call(text, { add_special_tokens: false }) : text;
  }

  /** Fills up encoded texts to one length: a batch, or a list of single ones as a data set has them. */
  pad(encoded: EncodedLists | readonly EncodedLists<number[]>[], options: PadOptions = {}): BatchEncoding {
    return padLists(encoded, options, this);
  }

  /**
   * Writes tokenizer.json, tokenizer_config.json, special_tokens_map.json and what older programs read (vocab.txt) into a
   * folder that Python's AutoTokenizer loads. Gives the paths. Classes of which tokenizer.json cannot say everything are saved
   * as Python saves them, without it: MarianTokenizer (source.spm, target.spm, vocab.json), Wav2Vec2CTCTokenizer (vocab.json).
   */
  async save_pretrained(folder: string): Promise<string[]> {
    const map: JsonObject = {};
    for (const [name, token] of this.#special) map[name] = specialTokenToJSON(token);
    if (this.#extra.size > 0) map.additional_special_tokens = Array.from(this.#extra.values(), specialTokenToJSON);
    const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
    const parts = this.#specific?.files() ?? {
      'tokenizer.json': `${this.backend_tokenizer.to_str(true)}\n`,
      ...this.backend_tokenizer.model.vocabularyFiles(),
    };
    return writeFiles(folder, {
      ...parts,
      'tokenizer_config.json': pretty(this.toConfig()),
      'special_tokens_map.json': pretty(map),
    });
  }

  /** The content of tokenizer_config.json. */
  toConfig(): JsonObject {
    const { backend_tokenizer: backend } = this;
    const config: JsonObject = { ...(this.#config as JsonObject) };
    for (const name of ['additional_special_tokens', 'added_tokens_decoder', 'name_or_path']) delete config[name];
    for (const name of specialTokenNames) config[name] = this.#tokenOf(name);
    for (const name of specialTokenNames) if (config[name] === null && this.#config[name] === undefined) delete config[name];
    if (this.#extra.size > 0) config.extra_special_tokens = this.extra_special_tokens;
    Object.assign(config, {
      model_max_length: this.model_max_length,
      padding_side: this.padding_side,
      truncation_side: this.truncation_side,
      model_input_names: [...this.model_input_names],
      clean_up_tokenization_spaces: this.clean_up_tokenization_spaces,
      tokenizer_class: this.#config.tokenizer_class ?? 'PreTrainedTokenizerFast',
    });
    if (this.split_special_tokens) config.split_special_tokens = true;
    // Without a tokenizer.json there is no other place for them.
    if (this.#specific !== undefined) {
      const added = [...backend.get_added_tokens_decoder()].sort((a, b) => a[0] - b[0]);
      config.added_tokens_decoder = Object.fromEntries(added.map(([id, token]) => [id, { ...token }]));
    }
    const normalizer = backend.normalizer?.toJSON();
    if (tokenizerClass(this.#config.tokenizer_class).isBert && normalizer?.type === 'BertNormalizer') {
      // Python's BertTokenizer builds its normalizer from these and not from tokenizer.json.
      config.do_lower_case = normalizer.lowercase as Json;
      config.strip_accents = normalizer.strip_accents as Json;
      config.tokenize_chinese_chars = normalizer.handle_chinese_chars as Json;
    }
    return config;
  }

  /** What calling the tokenizer does. */
  _call(
    text: TextBatch | null | undefined,
    pairOrOptions?: TextBatch | null | CallOptions,
    options?: CallOptions,
  ): BatchEncoding {
    const [pair, { text_target, ...given }] = pairAndOptions(pairOrOptions, options);
    if (text_target === undefined) return this.#encoded(this.backend_tokenizer, 'text', text, pair, given);
    const hasText = text !== null && text !== undefined;
    if (hasText && given.return_overflowing_tokens)
      throw new UnsupportedError(
        'tokenizer: return_overflowing_tokens with text_target would give labels to some rows only; encode the target texts in a call of their own.',
      );
    const target = this.#encoded(this.#target(), 'text_target', text_target, undefined, given);
    if (!hasText) return target;
    const encoded = this.#encoded(this.backend_tokenizer, 'text', text, pair, given);
    const [texts, targets] = [text, text_target].map((one) => rowsOf(one, given.is_split_into_words === true));
    if (texts !== targets)
      throw new DataError(`tokenizer: text is ${texts} and text_target is ${targets}; both must be alike.`);
    encoded.labels = target.input_ids;
    return encoded;
  }

  #encoded(
    backend: Tokenizer,
    name: string,
    text: TextBatch | null | undefined,
    pair: TextBatch | undefined,
    given: CallOptions,
  ): BatchEncoding {
    const { inputs, isBatch } = toInputs(name, text, pair, given.is_split_into_words === true);
    const rows: Encoding[] = [];
    const samples: number[] = [];
    for (const [sample, encoding] of this.#encodeAll(inputs, given, backend).entries()) {
      const all = given.return_overflowing_tokens ? [encoding, ...encoding.overflowing] : [encoding];
      for (const row of all) {
        rows.push(row);
        samples.push(sample);
      }
    }
    const lists = this.#lists(rows, given);
    if (given.return_overflowing_tokens) lists.overflow_to_sample_mapping = samples;
    else if (!isBatch) return new BatchEncoding(firstOf(lists), rows);
    return new BatchEncoding(lists, rows);
  }

  /** What encodes target texts. */
  #target(): Tokenizer {
    const target = this.#specific?.target;
    const name = this.#config.tokenizer_class;
    if (target !== undefined || !hasTargetMode(name)) return target ?? this.backend_tokenizer;
    const hint =
      plainClass(name) === 'MarianTokenizer'
        ? 'load it from a folder with source.spm, target.spm and vocab.json; tokenizer.json has only the source language.'
        : 'encode the target texts with a tokenizer that was saved with the target language as its src_lang.';
    throw new UnsupportedError(
      `tokenizer: ${name} encodes text_target in another way than texts, which is not known here; ${hint}`,
    );
  }

  #decoded(ids: readonly number[], options: DecodeOptions): string {
    this.#checkDecodeOptions(options);
    const { tidy = (text: string) => text } = tokenizerClass(this.#config.tokenizer_class);
    return tidy(this.backend_tokenizer.decode(ids, { skip_special_tokens: options.skip_special_tokens ?? false }));
  }

  #spelled(tokens: readonly (string | undefined)[], options: DecodeOptions): string {
    this.#checkDecodeOptions(options);
    const { unk_token, pad_token } = this;
    return this.#specific!.spell(tokens, { ...options, special: new Set(this.all_special_tokens), unk_token, pad_token });
  }

  #checkDecodeOptions(options: DecodeOptions): void {
    for (const name of ['group_tokens', 'use_source_tokenizer'] as const) {
      if (options[name] === undefined || this.#specific?.decodeOption === name) continue;
      const owner = name === 'group_tokens' ? 'Wav2Vec2CTCTokenizer' : 'MarianTokenizer';
      throw new ConfigError(
        `decode: ${name} is an option of ${owner} and this is ${this.#config.tokenizer_class ?? 'another'}; leave it out.`,
      );
    }
  }

  #lists(rows: readonly Encoding[], options: CallOptions): EncodedLists<number[][]> {
    const wants = (asked: boolean | undefined, name: string) => asked ?? this.model_input_names.includes(name);
    const lists: EncodedLists<number[][]> = { input_ids: rows.map((row) => row.ids) };
    if (wants(options.return_token_type_ids, 'token_type_ids')) lists.token_type_ids = rows.map((row) => row.type_ids);
    if (wants(options.return_attention_mask, 'attention_mask')) lists.attention_mask = rows.map((row) => row.attention_mask);
    if (options.return_special_tokens_mask) lists.special_tokens_mask = rows.map((row) => row.special_tokens_mask);
    if (options.return_offsets_mapping) {
      const inUnits = options.return_offsets_mapping === 'utf-16';
      lists.offset_mapping = rows.map((row) => (inUnits ? row.utf16_offsets : row.offsets));
    }
    if (options.return_length) lists.length = rows.map((row) => row.length);
    return lists;
  }

  #encodeAll(inputs: Inputs, options: CallOptions, backend: Tokenizer = this.backend_tokenizer): Encoding[] {
    const { add_special_tokens = true, split_special_tokens = this.split_special_tokens } = options;
    const { padding, truncation } = readCallOptions(options, this);
    if (options.text_target !== undefined)
      throw new ConfigError('tokenizer: text_target is for calls; write tokenizer(text, { text_target }).');
    if (options.is_split_into_words && this.#specific?.takesWords === false)
      throw new UnsupportedError(
        `tokenizer: ${this.#config.tokenizer_class} takes whole texts, and is_split_into_words is true; join the words with spaces.`,
      );
    return backend.encode_batch(inputs, { add_special_tokens, split_special_tokens, padding, truncation });
  }

  #tokenOf(name: SpecialTokenName): string | null {
    return this.#special.get(name)?.content ?? null;
  }

  #idOf(name: SpecialTokenName): number | null {
    const token = this.#special.get(name);
    return token === undefined ? null : (this.backend_tokenizer.token_to_id(token.content) ?? null);
  }

  #setToken(name: SpecialTokenName, content: string | null): void {
    const token = readSpecialToken(content, `tokenizer: ${name}`);
    if (token === null) {
      this.#special.delete(name);
      return;
    }
    this.#special.set(name, token);
    this.#register(token);
  }

  /** Makes sure that the backend finds a special token in texts; flags it has already stay. */
  #register(token: AddedToken): void {
    for (const backend of [this.backend_tokenizer, this.#specific?.target]) {
      const id = backend?.token_to_id(token.content);
      const known = id === undefined ? undefined : backend?.get_added_tokens_decoder().get(id);
      if (known?.special !== true) backend?.add_special_tokens([token]);
    }
  }
}

export interface PreTrainedTokenizerFast {
  /** Encodes one text, or a batch of them. */
  <Text extends TextBatch, const Options extends CallOptions = Record<never, never>>(
    text: Text,
    options?: Options,
  ): BatchEncoding<IdsFor<Text, Options>>;
  /** Encodes a pair of texts, or a batch of pairs. */
  <Text extends TextBatch, const Options extends CallOptions = Record<never, never>>(
    text: Text,
    pair: TextBatch | null | undefined,
    options?: Options,
  ): BatchEncoding<IdsFor<Text, Options>>;
  /** Encodes target texts alone. */
  <Text extends TextBatch, const Options extends CallOptions>(
    text: null | undefined,
    options: Options & { text_target: Text },
  ): BatchEncoding<IdsFor<Text, Options>>;
}

function side(name: string, value: unknown = 'right'): Side {
  if (value === 'left' || value === 'right') return value;
  throw new ConfigError(`tokenizer: ${name} is ${brief(value)}; left or right is needed.`);
}

function pairAndOptions<Pair>(
  pairOrOptions: Pair | null | undefined | CallOptions,
  options: CallOptions | undefined,
): [pair: Pair | undefined, options: CallOptions] {
  const isOptions = typeof pairOrOptions === 'object' && pairOrOptions !== null && !Array.isArray(pairOrOptions);
  if (isOptions) return [undefined, pairOrOptions as CallOptions];
  return [(pairOrOptions ?? undefined) as Pair | undefined, options ?? {}];
}

type Inputs = readonly (readonly [text: TextInput, pair?: TextInput | undefined])[];

/** One text or a batch as a list of inputs for the backend. */
function toInputs(
  name: string,
  text: TextBatch | null | undefined,
  pair: TextBatch | undefined,
  isSplit: boolean,
): { inputs: Inputs; isBatch: boolean } {
  checkText(name, text);
  if (pair !== undefined) checkText('the second text', pair);
  const isBatch = isSplit ? Array.isArray(text) && Array.isArray(text[0]) : Array.isArray(text);
  if (isSplit && typeof text === 'string')
    throw new DataError(`tokenizer: is_split_into_words is true and the text is one string; a list of words is needed.`);
  if (!isBatch) return { inputs: [[text as TextInput, pair as TextInput | undefined]], isBatch };
  const texts = text as readonly TextInput[];
  if (pair !== undefined) {
    if (typeof pair === 'string' || pair.length !== texts.length) {
      const came = typeof pair === 'string' ? 'one' : pair.length;
      throw new DataError(`tokenizer: ${texts.length} texts came with ${came} second texts; as many are needed.`);
    }
    return { inputs: texts.map((one, i) => [one, pair[i]!]), isBatch };
  }
  if (isSplit) return { inputs: texts.map((one) => [one]), isBatch };
  return {
    inputs: texts.map((one, i) => {
      if (typeof one === 'string') return [one];
      if (one.length === 2) return [one[0]!, one[1]!];
      throw new DataError(
        `tokenizer: text ${i} is a list of ${one.length}; a pair has 2, and lists of words need is_split_into_words: true.`,
      );
    }),
    isBatch,
  };
}

function checkText(name: string, text: unknown): asserts text is TextBatch {
  if (typeof text === 'string') return;
  if (!Array.isArray(text))
    throw new DataError(`tokenizer: ${name} is ${brief(text)}; a string or a list of strings is needed.`);
  for (const [i, one] of text.entries()) {
    if (typeof one === 'string') continue;
    if (Array.isArray(one) && one.every((word) => typeof word === 'string')) continue;
    throw new DataError(`tokenizer: ${name} ${i} is ${brief(one)}; a string is needed.`);
  }
}

/** How many rows a call gives, in words. */
function rowsOf(text: TextBatch, isSplit: boolean): string {
  const isBatch = typeof text !== 'string' && (!isSplit || Array.isArray(text[0]));
  return isBatch ? `a list of ${text.length}` : 'one text';
}

/** The lists of the only row of a batch. */
function firstOf(lists: EncodedLists<number[][]>): EncodedLists<number[]> {
  const entries = Object.entries(lists).map(([name, rows]) => [name, name === 'length' ? rows : (rows as Ids)[0]]);
  return Object.fromEntries(entries) as EncodedLists<number[]>;
}
