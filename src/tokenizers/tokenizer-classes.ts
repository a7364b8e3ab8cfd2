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
}

const bertTokens = { unk_token: '[UNK]', sep_token: '[SEP]', pad_token: '[PAD]', cls_token: '[CLS]', mask_token: '[MASK]' };
const withTypes = ['input_ids', 'token_type_ids', 'attention_mask'];
const withoutTypes = ['input_ids', 'attention_mask'];

const classes: Record<string, TokenizerClass> = {
  BertTokenizer: { model_input_names: withTypes, special_tokens: bertTokens, isBert: true },
  ElectraTokenizer: { model_input_names: withTypes, special_tokens: bertTokens, isBert: true },
  DistilBertTokenizer: { model_input_names: withoutTypes, special_tokens: bertTokens, isBert: true },
  CLIPTokenizer: {
    model_input_names: withoutTypes,
    special_tokens: {},
    tidy: (text) => text.replaceAll('</w>', ' ').trim(),
    isBert: false,
  },
  RobertaTokenizer: { model_input_names: withoutTypes, special_tokens: {}, isBert: false },
};

const generic: TokenizerClass = { model_input_names: withTypes, special_tokens: {}, isBert: false };

const classOfModel: Record<string, string> = {
  bert: 'BertTokenizer',
  electra: 'ElectraTokenizer',
  distilbert: 'DistilBertTokenizer',
  roberta: 'RobertaTokenizer',
  clip: 'CLIPTokenizer',
};

/** What goes with a class name of tokenizer_config.json; Fast or not makes no difference. */
export function tokenizerClass(name: string | undefined): TokenizerClass {
  const plain = name?.replace(/Fast$/, '') ?? '';
  return Object.hasOwn(classes, plain) ? classes[plain]! : generic;
}

/** The tokenizer class of a config.json's model_type, or undefined. */
export function classOfModelType(modelType: unknown): string | undefined {
  return typeof modelType === 'string' && Object.hasOwn(classOfModel, modelType) ? classOfModel[modelType] : undefined;
}
