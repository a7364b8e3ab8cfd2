import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { TokenizerConfig } from '../../src/tokenizers/index.ts';
import { root } from './repository.ts';

/** Where the tokenizers of published models lie, beside the repository. Not everybody has them. */
export const realModels: string = resolve(root, '../shared/models');
/** Whether they are there. */
export const haveRealModels: boolean = existsSync(realModels);

/** The folders with what their files do not say. */
export const realTokenizers: readonly (readonly [name: string, config: TokenizerConfig])[] = [
  ['tok-bert-base-uncased', {}],
  ['tok-bert-base-cased', { do_lower_case: false }],
  ['tok-bert-base-multilingual-cased', { do_lower_case: false }],
  ['tok-koelectra-v3', { do_lower_case: false }],
  ['tok-klue-roberta-base', {}],
  ['tok-gpt2', {}],
  ['tok-openai-gpt', { tokenizer_class: 'OpenAIGPTTokenizer' }],
  ['tok-qwen2', { clean_up_tokenization_spaces: false }],
  ['tok-kogpt2-v1', { bos_token: '<s>', eos_token: '</s>' }],
  ['tok-roberta-base', {}],
  ['tok-clip-vit-base', { tokenizer_class: 'CLIPTokenizer' }],
  ['tok-phi3-mini-llama-bpe', {}],
  ['tok-xlm-roberta', {}],
  ['tok-t5-small', {}],
  ['tok-albert-base-v2', {}],
  ['ckpt-bert-tiny-st', {}],
  ['ckpt-bert-tiniest-lmbuddy', {}],
];

/** A new folder with a tokenizer's files, unpacked where they are compressed, without those named in `without`. */
export function unpackedTokenizer(name: string, without: readonly string[] = []): string {
  const source = join(realModels, name);
  const folder = mkdtempSync(join(tmpdir(), 'qkv-tokenizer-'));
  for (const { name: file } of readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isFile())) {
    const plain = file.replace(/\.gz$/, '');
    if (/^(golden|swift)|\.(safetensors|bin|onnx)$/.test(file) || without.includes(plain)) continue;
    const bytes = readFileSync(join(source, file));
    writeFileSync(join(folder, plain), file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  }
  return folder;
}
