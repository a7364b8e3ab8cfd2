import type { SpecialTokenName } from './special-tokens.ts';

/** What goes with a tokenizer's class name in Hugging Face's files. */
export interface TokenizerClass {
  /** The lists that its models take. */
  readonly model_input_names: readonly string[];
  /** Its special tokens where no file names others. */
  readonly special_tokens: Partial<Record<SpecialTokenName, string>>;
  /** What Python's class does to decoded text beyond the decoder. */
  readonly tidy?: (text: string) => string;
  /** Whether it is WordPiece with BERT's normalizer, which a bare vocab.txt is enough for. */
  readonly isBert: boolean;
  /** The most tokens a text may have, where no file says so. */
  readonly model_max_length?: number;
}

const bertTokens = { unk_token: '[UNK]', sep_token: '[SEP]', pad_token: '[PAD]', cls_token: '[CLS]', mask_token: '[MASK]' };
const withTypes = ['input_ids', 'token_type_ids', 'attention_mask'];
const withoutTypes = ['input_ids', 'attention_mask'];

const endOfText = '<|endoftext|>';
const marianTokens = { eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>' };
const robertaTokens = {
  bos_token: '<s>',
  eos_token: '</s>',
  unk_token: '<unk>',
  sep_token: '</s>',
  pad_token: '<pad>',
  cls_token: '<s>',
  mask_token: '<mask>',
};

const classes: Record<string, TokenizerClass> = {
  BertTokenizer: { model_input_names: withTypes, special_tokens: bertTokens, isBert: true },
  ElectraTokenizer: { model_input_names: withTypes, special_tokens: bertTokens, isBert: true },
  DistilBertTokenizer: { model_input_names: withoutTypes, special_tokens: bertTokens, isBert: true },
  GPT2Tokenizer: row(withoutTypes, { bos_token: endOfText, eos_token: endOfText, unk_token: endOfText }),
  OpenAIGPTTokenizer: row(withoutTypes, { unk_token: '<unk>' }),
  Qwen2Tokenizer: row(withoutTypes, { eos_token: endOfText, unk_token: endOfText, pad_token: endOfText }),
  CLIPTokenizer: {
    ...row(withoutTypes, {
      bos_token: '<|startoftext|>',
      eos_token: endOfText,
      unk_token: endOfText,
      pad_token: endOfText,
    }),
    tidy: (text) => text.replaceAll('</w>', ' ').trim(),
  },
  RobertaTokenizer: row(withoutTypes, robertaTokens),
  BartTokenizer: row(withoutTypes, robertaTokens),
  XLMRobertaTokenizer: row(withoutTypes, robertaTokens),
  T5Tokenizer: row(withoutTypes, marianTokens),
  MarianTokenizer: { ...row(withoutTypes, marianTokens), model_max_length: 512 },
  Wav2Vec2CTCTokenizer: row(withoutTypes, { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>' }),
  AlbertTokenizer: row(withTypes, {
    bos_token: '[CLS]',
    eos_token: '[SEP]',
    unk_token: '<unk>',
    sep_token: '[SEP]',
    pad_token: '<pad>',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
  }),
  LlamaTokenizer: row(withoutTypes, { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' }),
};

function row(model_input_names: readonly string[], special_tokens: TokenizerClass['special_tokens']): TokenizerClass {
  return { model_input_names, special_tokens, isBert: false };
}

const generic: TokenizerClass = { model_input_names: withTypes, special_tokens: {}, isBert: false };

const classOfModel: Record<string, string> = {
  bert: 'BertTokenizer',
  electra: 'ElectraTokenizer',
  distilbert: 'DistilBertTokenizer',
  roberta: 'RobertaTokenizer',
  clip: 'CLIPTokenizer',
  gpt2: 'GPT2Tokenizer',
  'openai-gpt': 'OpenAIGPTTokenizer',
  qwen2: 'Qwen2Tokenizer',
  bart: 'BartTokenizer',
  'xlm-roberta': 'XLMRobertaTokenizer',
  t5: 'T5Tokenizer',
  marian: 'MarianTokenizer',
  albert: 'AlbertTokenizer',
  llama: 'LlamaTokenizer',
  wav2vec2: 'Wav2Vec2CTCTokenizer',
  hubert: 'Wav2Vec2CTCTokenizer',
};

/** A class name without what says that the Rust library is behind it. */
export function plainClass(name: string | undefined): string {
  return name?.replace(/Fast$/, '') ?? '';
}

/** Whether a class encodes target texts in another way than texts: with other pieces, or other tokens around them. */
export function hasTargetMode(name: string | undefined): boolean {
  return /^(?:Marian|MBart|MBart50|Nllb|M2M100|PLBart|SeamlessM4T|Speech2Text)Tokenizer$/.test(plainClass(name));
}

/** What goes with a class name of tokenizer_config.json; Fast or not makes no difference. */
export function tokenizerClass(name: string | undefined): TokenizerClass {
  const plain = plainClass(name);
  return Object.hasOwn(classes, plain) ? classes[plain]! : generic;
}

/** The tokenizer class of a config.json's model_type, or undefined. */
export function classOfModelType(modelType: unknown): string | undefined {
  return typeof modelType === 'string' && Object.hasOwn(classOfModel, modelType) ? classOfModel[modelType] : undefined;
}
