import { ConfigError, MissingFileError, UnsupportedError } from '../core/index.ts';
import { type ModelFolder, readJson, readText, resolveFolder } from '../hub/index.ts';
import { addedToken } from './added-vocabulary.ts';
import { type BertTokenizerConfig, bertBackend, readVocabularyLines } from './bert.ts';
import { brief, isJsonObject, type JsonObject } from './component.ts';
import { BertNormalizer } from './normalizers/bert-normalizer.ts';
import { PreTrainedTokenizerFast, type TokenizerConfig } from './pretrained-tokenizer.ts';
import { Tokenizer } from './tokenizer.ts';
import { classOfModelType, tokenizerClass } from './tokenizer-classes.ts';

/** Finds out which tokenizer a folder holds, and loads it. */
export const AutoTokenizer = {
  /**
   * The tokenizer of a folder: from tokenizer.json, or where there is none from vocab.txt, with tokenizer_config.json and
   * special_tokens_map.json. What `config` says goes before what the files say.
   * @throws MissingFileError when there is no such folder, or no tokenizer in it.
   * @throws DataError for broken files; ConfigError and UnsupportedError for what cannot be used here.
   */
  async from_pretrained(name: string, config: TokenizerConfig = {}): Promise<PreTrainedTokenizerFast> {
    const folder = await resolveFolder('AutoTokenizer', name);
    const merged: TokenizerConfig = {
      ...(await readObject(folder, 'special_tokens_map.json')),
      ...(await readObject(folder, 'tokenizer_config.json')),
      ...config,
    };
    if (merged.tokenizer_class === undefined) {
      const found = classOfModelType((await readObject(folder, 'config.json')).model_type);
      if (found !== undefined) merged.tokenizer_class = found;
    }
    const json = await readJson(folder, 'tokenizer.json');
    const backend =
      json === undefined ? await fromVocabulary(folder, merged) : Tokenizer.fromJSON(json, `${folder.name}/tokenizer.json`);
    if (json !== undefined) followConfig(backend, merged);
    if (merged.tokenizer_class === undefined && looksLikeBert(backend)) merged.tokenizer_class = 'BertTokenizer';
    return new PreTrainedTokenizerFast(backend, merged);
  },
};

async function readObject(folder: ModelFolder, name: string): Promise<JsonObject> {
  const json = await readJson(folder, name);
  if (json === undefined) return {};
  if (isJsonObject(json)) return json;
  throw new ConfigError(`${folder.name}/${name}: it is ${brief(json)}; an object is needed.`);
}

async function fromVocabulary(folder: ModelFolder, config: BertTokenizerConfig): Promise<Tokenizer> {
  const text = await readText(folder, 'vocab.txt');
  if (text === undefined) {
    throw new MissingFileError(
      `AutoTokenizer: ${folder.name} has neither tokenizer.json nor vocab.txt; put the tokenizer's files there, or name the folder that has them.`,
    );
  }
  const name = config.tokenizer_class;
  if (name !== undefined && !tokenizerClass(name).isBert) {
    throw new UnsupportedError(
      `AutoTokenizer: ${folder.name} has no tokenizer.json, and ${name} cannot be built from vocab.txt here; save the tokenizer with Python's transformers to get a tokenizer.json.`,
    );
  }
  const tokenizer = bertBackend(readVocabularyLines(text), config);
  for (const token of addedTokens(folder, config)) {
    if (token.special) tokenizer.add_special_tokens([token]);
    else tokenizer.add_tokens([token]);
  }
  return tokenizer;
}

/** The added tokens of tokenizer_config.json by their ids; those of the vocabulary keep theirs, others follow it. */
function addedTokens(folder: ModelFolder, config: TokenizerConfig) {
  const json = config.added_tokens_decoder;
  if (!isJsonObject(json)) return [];
  return Object.entries(json)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([id, value]) => {
      if (isJsonObject(value) && typeof value.content === 'string') return addedToken(value as { content: string });
      throw new ConfigError(
        `${folder.name}/tokenizer_config.json: added_tokens_decoder.${id} is ${brief(value)}; an object with a content is needed.`,
      );
    });
}

/** Where tokenizer_config.json says how a BERT tokenizer treats case and accents, tokenizer.json is overruled, as in Python. */
function followConfig(backend: Tokenizer, config: BertTokenizerConfig): void {
  const json = backend.normalizer?.toJSON();
  if (json?.type !== 'BertNormalizer' || !tokenizerClass(config.tokenizer_class).isBert) return;
  const { do_lower_case = json.lowercase, strip_accents = json.strip_accents } = config;
  const { tokenize_chinese_chars = json.handle_chinese_chars } = config;
  backend.normalizer = BertNormalizer({
    clean_text: json.clean_text as boolean,
    lowercase: do_lower_case as boolean,
    strip_accents: strip_accents as boolean | null,
    handle_chinese_chars: tokenize_chinese_chars as boolean,
  });
}

function looksLikeBert(backend: Tokenizer): boolean {
  const usual = ['[CLS]', '[SEP]', '[PAD]', '[UNK]'];
  return backend.model.type === 'WordPiece' && usual.every((token) => backend.token_to_id(token) !== undefined);
}
