import { ConfigError } from '../core/index.ts';
import { type ModelFolder, readFile, readJson, readText, resolveFolder } from '../hub/index.ts';
import type { BertTokenizerConfig } from './bert.ts';
import { brief, isJsonObject, type JsonObject } from './component.ts';
import { fromParts, hasSpecificParts } from './from-parts.ts';
import { BertNormalizer } from './normalizers/bert-normalizer.ts';
import { PreTrainedTokenizerFast, type TokenizerConfig } from './pretrained-tokenizer.ts';
import { Tokenizer } from './tokenizer.ts';
import { classOfModelType, tokenizerClass } from './tokenizer-classes.ts';
import { parseTokenizerJson } from './tokenizer-json.ts';

/** Finds out which tokenizer a folder holds, and loads it. */
export const AutoTokenizer = {
  /**
   * The tokenizer of a folder: from tokenizer.json, or where there is none from its older parts (vocab.txt, vocab.json with
   * merges.txt, a SentencePiece model), with tokenizer_config.json and special_tokens_map.json. What `config` says goes before what the files say.
   * @throws MissingFileError when there is no such folder, or no tokenizer in it.
   * @throws DataError for broken files; ConfigError and UnsupportedError for what cannot be used here.
   */
  async from_pretrained(name: string, config: TokenizerConfig = {}): Promise<PreTrainedTokenizerFast> {
    const folder = await resolveFolder('AutoTokenizer', name);
    // The large file is on its way while the small ones are read.
    const whole = readFile(folder, 'tokenizer.json');
    whole.catch(() => {});
    const [special, own, template] = await Promise.all([
      readObject(folder, 'special_tokens_map.json'),
      readObject(folder, 'tokenizer_config.json'),
      readText(folder, 'chat_template.jinja'),
    ]);
    const merged: TokenizerConfig = { ...special, ...own, ...config };
    if (merged.tokenizer_class === undefined) {
      const found = classOfModelType((await readObject(folder, 'config.json')).model_type);
      if (found !== undefined) merged.tokenizer_class = found;
    }
    if (template !== undefined && config.chat_template === undefined) merged.chat_template = template;
    const bytes = (await hasSpecificParts(folder, merged)) ? undefined : await whole;
    const json = bytes && (parseTokenizerJson(bytes) ?? (await readJson(folder, 'tokenizer.json')));
    const { backend, specific } =
      json === undefined
        ? await fromParts(folder, merged)
        : { backend: Tokenizer.fromJSON(json, `${folder.name}/tokenizer.json`), specific: undefined };
    if (json !== undefined) followConfig(backend, merged);
    if (merged.tokenizer_class === undefined && looksLikeBert(backend)) merged.tokenizer_class = 'BertTokenizer';
    return new PreTrainedTokenizerFast(backend, merged, specific);
  },
};

async function readObject(folder: ModelFolder, name: string): Promise<JsonObject> {
  const json = await readJson(folder, name);
  if (json === undefined) return {};
  if (isJsonObject(json)) return json;
  throw new ConfigError(`${folder.name}/${name}: it is ${brief(json)}; an object is needed.`);
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
