import { ConfigError, UnsupportedError } from '../core/index.ts';
import { parseJson } from '../hub/index.ts';
import { type AddedToken, AddedVocabulary, addedToken, readAddedTokens } from './added-vocabulary.ts';
import { brief, isJsonObject, type JsonObject } from './component.ts';
import type { Decoder } from './decoders/decoder.ts';
import { decoders } from './decoders/index.ts';
import { type DirectPath, directPath } from './direct-path.ts';
import { Encoding } from './encoding.ts';
import { models } from './models/index.ts';
import type { Model } from './models/model.ts';
import { normalizers } from './normalizers/index.ts';
import type { Normalizer } from './normalizers/normalizer.ts';
import { type Padding, padAll, paddingToJSON, readPadding } from './padding.ts';
import { postProcessors } from './post-processors/index.ts';
import type { PostProcessor } from './post-processors/post-processor.ts';
import { preTokenizers } from './pre-tokenizers/index.ts';
import type { PreTokenizer } from './pre-tokenizers/pre-tokenizer.ts';
import { wellFormed } from './text/characters.ts';
import { NormalizedString } from './text/normalized-string.ts';
import { hasSurrogates } from './text/offsets.ts';
import { Pieces } from './text/pieces.ts';
import { UnitText } from './text/unit-text.ts';
import { TokenList } from './token-list.ts';
import { parseTokenizerJson } from './tokenizer-json.ts';
import type { Trainer, TrainingOptions, TrainingTexts } from './trainers/trainer.ts';
import { readTruncation, type Truncation, truncate, truncationToJSON } from './truncation.ts';

/** The parts of a tokenizer; only the model is needed. */
export interface TokenizerParts {
  model: Model;
  normalizer?: Normalizer | null;
  pre_tokenizer?: PreTokenizer | null;
  post_processor?: PostProcessor | null;
  decoder?: Decoder | null;
  truncation?: Truncation | null;
  padding?: Padding | null;
}

/** A text, or the words of a text that is split already. */
export type TextInput = string | readonly string[];

/** How one text or pair is encoded. */
export interface EncodeOptions {
  /** Put the model's special tokens around the texts. Default true. */
  add_special_tokens?: boolean;
  /** Look for special tokens in the text like for any other text. Default false. */
  split_special_tokens?: boolean;
  /** Cut to a length; the tokenizer's own setting when left out. */
  truncation?: Truncation | null;
  /** Fill up to a length; the tokenizer's own setting when left out. */
  padding?: Padding | null;
}

/**
 * The bare tokenizer that a tokenizer.json describes: normalizer, pre-tokenizer, model, post-processor, decoder.
 * Like `tokenizers.Tokenizer` in Python. Offsets count code points there as here; `utf16_offsets` of an encoding count the
 * units that JavaScript's strings are cut by.
 */
export class Tokenizer {
  normalizer: Normalizer | null;
  pre_tokenizer: PreTokenizer | null;
  post_processor: PostProcessor | null;
  decoder: Decoder | null;
  truncation: Truncation | null;
  padding: Padding | null;
  #model: Model;
  readonly #added = new AddedVocabulary();
  /** What a text goes through on its way to an encoding, used again for the next one. */
  readonly #units = new UnitText();
  readonly #list = new TokenList();
  #direct: { normalizer: Normalizer | null; pre_tokenizer: PreTokenizer | null; path: DirectPath | null } | undefined;
  /** The token of an id that the model gave; encodings keep it, whatever model is trained later. */
  #tokenOf: (id: number) => string;

  constructor(parts: TokenizerParts) {
    this.#model = parts.model;
    this.#tokenOf = tokensOf(parts.model);
    this.normalizer = parts.normalizer ?? null;
    this.pre_tokenizer = parts.pre_tokenizer ?? null;
    this.post_processor = parts.post_processor ?? null;
    this.decoder = parts.decoder ?? null;
    this.truncation = parts.truncation ?? null;
    this.padding = parts.padding ?? null;
  }

  /**
   * The tokenizer of a tokenizer.json's text. `where` names the file in errors.
   * @throws DataError when it is not JSON; ConfigError or UnsupportedError when it is no tokenizer that can be used here.
   */
  static from_str(text: string, where = 'tokenizer.json'): Tokenizer {
    const read = wellFormed(text) === text ? parseTokenizerJson(new TextEncoder().encode(text)) : undefined;
    return Tokenizer.fromJSON(read ?? parseJson(where, text), where);
  }

  /** The tokenizer of a tokenizer.json's parsed content. */
  static fromJSON(json: unknown, where = 'tokenizer.json'): Tokenizer {
    if (!isJsonObject(json)) throw new ConfigError(`${where}: it is ${brief(json)}; an object with a model is needed.`);
    for (const name of Object.keys(json)) {
      if (!fields.includes(name))
        throw new UnsupportedError(`${where}: ${name} is not supported; a tokenizer has ${fields.join(', ')}.`);
    }
    if (json.version !== undefined && json.version !== '1.0')
      throw new UnsupportedError(`${where}: version ${brief(json.version)} is not supported; "1.0" is.`);
    const part = <Made>(name: string, read: (json: unknown, where: string) => Made): Made | null =>
      json[name] === undefined || json[name] === null ? null : read(json[name], `${where}: ${name}`);
    const tokenizer = new Tokenizer({
      model: models.read(json.model, `${where}: model`),
      normalizer: part('normalizer', normalizers.read),
      pre_tokenizer: part('pre_tokenizer', preTokenizers.read),
      post_processor: part('post_processor', postProcessors.read),
      decoder: part('decoder', decoders.read),
      truncation: readTruncation(json.truncation, `${where}: truncation`),
      padding: readPadding(json.padding, `${where}: padding`),
    });
    const place = `${where}: added_tokens`;
    tokenizer.#added.load(readAddedTokens(json.added_tokens, place), tokenizer.#model, tokenizer.normalizer, place);
    return tokenizer;
  }

  /** The tokenizer as tokenizer.json has it. */
  toJSON(): JsonObject {
    return {
      version: '1.0',
      truncation: this.truncation && truncationToJSON(this.truncation),
      padding: this.padding && paddingToJSON(this.padding),
      added_tokens: this.#added.toJSON(),
      normalizer: this.normalizer?.toJSON() ?? null,
      pre_tokenizer: this.pre_tokenizer?.toJSON() ?? null,
      post_processor: this.post_processor?.toJSON() ?? null,
      decoder: this.decoder?.toJSON() ?? null,
      model: this.#model.toJSON(),
    };
  }

  /** The text of tokenizer.json. */
  to_str(pretty = false): string {
    return JSON.stringify(this, null, pretty ? 2 : undefined);
  }

  /** What turns pieces of text into tokens. */
  get model(): Model {
    return this.#model;
  }

  /** Encodes one text or a pair. Texts given as lists of words are split no further than inside words. */
  encode(text: TextInput, pair?: TextInput | null, options: EncodeOptions = {}): Encoding {
    const encoding = this.#encodeOne(text, pair ?? undefined, options);
    const padding = options.padding === undefined ? this.padding : options.padding;
    return padding === null ? encoding : padAll([encoding], padding)[0]!;
  }

  /** Encodes texts or pairs; padding to the longest means the longest of these. */
  encode_batch(
    inputs: readonly (readonly [text: TextInput, pair?: TextInput | null | undefined])[],
    options: EncodeOptions = {},
  ): Encoding[] {
    const encodings = inputs.map(([text, pair]) => this.#encodeOne(text, pair ?? undefined, options));
    const padding = options.padding === undefined ? this.padding : options.padding;
    return padding === null ? encodings : padAll(encodings, padding);
  }

  /** The text of ids. Ids that no token has are left out. */
  decode(ids: readonly number[], { skip_special_tokens = true }: { skip_special_tokens?: boolean } = {}): string {
    const tokens: string[] = [];
    for (const id of ids) {
      if (skip_special_tokens && this.#added.isSpecial(id)) continue;
      const token = this.#added.tokenFor(id) ?? this.#model.id_to_token(id);
      if (token !== undefined) tokens.push(token);
    }
    return this.decoder === null ? tokens.join(' ') : this.decoder.decode(tokens);
  }

  /** The id of a token, or undefined. */
  token_to_id(token: string): number | undefined {
    return this.#added.encoder.get(token) ?? this.#model.token_to_id(token);
  }

  /** The token with an id, or undefined. */
  id_to_token(id: number): string | undefined {
    return this.#added.decoder.get(id)?.content ?? this.#model.id_to_token(id);
  }

  /** The vocabulary from token to id, with the added tokens unless told otherwise. */
  get_vocab(withAddedTokens = true): Map<string, number> {
    const vocab = this.#model.get_vocab();
    if (withAddedTokens) for (const [token, id] of this.#added.encoder) vocab.set(token, id);
    return vocab;
  }

  /** How many tokens there are, with the added ones unless told otherwise. */
  get_vocab_size(withAddedTokens = true): number {
    let size = this.#model.vocab_size;
    if (!withAddedTokens) return size;
    for (const token of this.#added.encoder.keys()) if (this.#model.token_to_id(token) === undefined) size++;
    return size;
  }

  /** The added tokens by id. */
  get_added_tokens_decoder(): ReadonlyMap<number, AddedToken> {
    return this.#added.decoder;
  }

  /** Adds tokens that are found in the text before it is split. Gives how many were new. */
  add_tokens(tokens: readonly (string | (Partial<AddedToken> & { content: string }))[]): number {
    return this.#added.add(
      tokens.map((token) => addedToken(token)),
      this.#model,
      this.normalizer,
    );
  }

  /** Adds special tokens: found in the text as they stand, and left out when decoding. Gives how many were new. */
  add_special_tokens(tokens: readonly (string | (Partial<AddedToken> & { content: string }))[]): number {
    return this.#added.add(
      tokens.map((token) => ({ ...addedToken(token, true), special: true })),
      this.#model,
      this.normalizer,
    );
  }

  /** How many special tokens are put around one text, or a pair. */
  num_special_tokens_to_add(isPair: boolean): number {
    return this.post_processor?.added_tokens(isPair) ?? 0;
  }

  /** Normalizes and splits a text as for encoding; gives the pieces that the model would see. */
  *pieces(text: string): Generator<Pieces> {
    for (const cut of this.splitter()(text)) yield cut.pieces().spelled();
  }

  /**
   * Normalizes and splits texts as for encoding, for a training that counts their words: what it gives is good until it is asked
   * for more, and pieces that are to be read as bytes still have their characters.
   */
  splitter(): (text: string) => Iterable<UnitText> {
    const into = new UnitText();
    return (text) => this.#split(text, into);
  }

  /**
   * Trains a new model on texts with this tokenizer's normalizer and pre-tokenizer, and puts it in the place of the old one.
   * The trainer's special tokens are added to the tokenizer.
   */
  async train_from_iterator(texts: TrainingTexts, trainer: Trainer, options: TrainingOptions = {}): Promise<void> {
    const { model, special_tokens } = await trainer.train(texts, this.splitter(), this.#model, options);
    this.#model = model;
    this.#tokenOf = tokensOf(model);
    this.add_special_tokens(special_tokens);
  }

  *#split(text: string, into: UnitText): Generator<UnitText> {
    const whole = wellFormed(text);
    const direct = this.#added.hasNormalized ? null : this.#directPath();
    for (const { start, end, id } of this.#added.segments(whole, false, false)) {
      if (id !== undefined) {
        into.copy(whole, start, end);
        yield into;
      } else if (direct?.(whole, start, end, into)) yield into;
      else {
        const segment = start === 0 && end === whole.length ? whole : whole.slice(start, end);
        for (const part of this.#partsOfPlain(new NormalizedString(segment, start), false)) {
          into.load(part instanceof Pieces ? part : new Pieces(new NormalizedString(part.token)));
          yield into;
        }
      }
    }
    into.release();
  }

  #encodeOne(text: TextInput, pair: TextInput | undefined, options: EncodeOptions): Encoding {
    const { add_special_tokens = true, split_special_tokens = false } = options;
    let first = this.#sequence(text, 0, split_special_tokens);
    let second = pair === undefined ? undefined : this.#sequence(pair, 1, split_special_tokens);
    const truncation = options.truncation === undefined ? this.truncation : options.truncation;
    if (truncation !== null) {
      const added = add_special_tokens ? this.num_special_tokens_to_add(second !== undefined) : 0;
      [first, second] = truncate(first, second, truncation, added);
    }
    const parts = second === undefined ? [first] : [first, second];
    if (this.post_processor !== null) return this.post_processor.process(parts, add_special_tokens);
    return second === undefined ? first : Encoding.merge([first.asSequence(0), second.asSequence(1)]);
  }

  #sequence(input: TextInput, typeId: number, splitSpecial: boolean): Encoding {
    const list = this.#list;
    list.begin();
    if (typeof input === 'string') this.#tokenize(input, undefined, splitSpecial);
    else for (const [word, text] of input.entries()) this.#tokenize(text, word, splitSpecial);
    this.#units.release();
    return list.toEncoding(typeId, this.#tokenOf);
  }

  #tokenize(text: string, word: number | undefined, splitSpecial: boolean): void {
    const list = this.#list;
    const units = this.#units;
    const added = this.#added;
    const whole = wellFormed(text);
    const direct = this.#directPath();
    let number = 0;
    let hasPairs = false;
    const addToken = (id: number, token: string, start: number, end: number) => {
      list.addSpelled(id, start, end, token);
      list.endWord(word ?? number++);
      hasPairs ||= hasSurrogates(token);
    };
    for (const { start, end, id } of added.segments(whole, false, splitSpecial)) {
      const segment = start === 0 && end === whole.length ? whole : whole.slice(start, end);
      if (id !== undefined) addToken(id, segment, start, end);
      else if (direct !== null && added.hasNormalized) {
        // Without a normalizer the text is its own normalized form.
        for (const part of added.segments(segment, true, splitSpecial)) {
          const [from, to] = [start + part.start, start + part.end];
          if (part.id !== undefined) addToken(part.id, whole.slice(from, to), from, to);
          else if (direct(whole, from, to, units)) {
            number = this.#read(units, word, number);
            hasPairs ||= units.hasPairs;
          }
        }
      } else if (direct?.(whole, start, end, units)) {
        number = this.#read(units, word, number);
        hasPairs ||= units.hasPairs;
      } else {
        for (const part of this.#partsOfPlain(new NormalizedString(segment, start), splitSpecial)) {
          if (part instanceof Pieces) {
            units.load(part);
            number = this.#read(units, word, number);
          } else addToken(part.id, part.token, part.start, part.end);
        }
        hasPairs ||= hasSurrogates(segment);
      }
    }
    list.endText(whole, hasPairs);
  }

  /** Collects the tokens of a text's pieces. Gives the number of the next word. */
  #read(text: UnitText, word: number | undefined, number: number): number {
    const list = this.#list;
    const model = this.#model;
    const asBytes = text.areBytes && model.tokenizeBytes !== undefined;
    if (!asBytes) text.spell();
    const { units, bounds, boundCount } = text;
    const first = list.length;
    for (let i = 0; i < boundCount; i += 2) {
      if (asBytes) model.tokenizeBytes!(units, bounds[i]!, bounds[i + 1]!, list);
      else model.tokenize(units, bounds[i]!, bounds[i + 1]!, list);
      list.endWord(word ?? number++);
    }
    list.place(text, first);
    return number;
  }

  /** The direct path of the parts as they are now; null where there is none. */
  #directPath(): DirectPath | null {
    const { normalizer, pre_tokenizer } = this;
    const known = this.#direct;
    if (known?.normalizer !== normalizer || known.pre_tokenizer !== pre_tokenizer) {
      this.#direct = { normalizer, pre_tokenizer, path: directPath(normalizer, pre_tokenizer) };
    }
    return normalizer !== null && this.#added.hasNormalized ? null : this.#direct!.path;
  }

  /** What a text without added tokens that stand for themselves is made of: normalized added tokens, and the pieces between them. */
  #partsOfPlain(text: NormalizedString, splitSpecial: boolean): (Pieces | AddedTokenMatch)[] {
    const source = this.normalizer === null ? text : this.normalizer.normalize(text);
    const preTokenized = (pieces: Pieces) => (this.pre_tokenizer === null ? pieces : this.pre_tokenizer.preTokenize(pieces));
    if (!this.#added.hasNormalized) return [preTokenized(new Pieces(source))];
    const parts: (Pieces | AddedTokenMatch)[] = [];
    for (const { start, end, id } of this.#added.segments(source.text, true, splitSpecial)) {
      if (start === end) continue;
      if (id === undefined) parts.push(preTokenized(new Pieces(source, [start, end])));
      else {
        const place = [source.shift + source.startOf(start), source.shift + source.endOf(end - 1)] as const;
        parts.push({ id, token: source.text.slice(start, end), start: place[0], end: place[1] });
      }
    }
    return parts;
  }
}

function tokensOf(model: Model): (id: number) => string {
  return (id) => model.id_to_token(id) ?? '';
}

interface AddedTokenMatch {
  readonly id: number;
  readonly token: string;
  readonly start: number;
  readonly end: number;
}

const fields = [
  'version',
  'truncation',
  'padding',
  'added_tokens',
  'normalizer',
  'pre_tokenizer',
  'post_processor',
  'decoder',
  'model',
];
