// qkv's side of the trainings in tokenize.bench.ts.
import {
  BertNormalizer,
  BertPreTokenizer,
  BPE,
  BpeTrainer,
  ByteLevel,
  byteLevelAlphabet,
  Tokenizer,
  WordPiece,
  WordPieceTrainer,
} from '../../src/tokenizers/index.ts';
import { serve } from '../harness/serve.ts';
import { linesOf, processorTime, type TokenizeOptions } from './texts.ts';

type TrainOptions = Pick<TokenizeOptions, 'data' | 'column' | 'unique'> & { kind: 'bpe' | 'wordpiece'; vocab_size: number };

await serve<TrainOptions>(async (options) => {
  const { kind, vocab_size } = options;
  const lines = linesOf(options);
  const train = async (): Promise<Tokenizer> => {
    const isBpe = kind === 'bpe';
    const tokenizer = isBpe
      ? new Tokenizer({ model: new BPE(new Map(), []), pre_tokenizer: ByteLevel() })
      : new Tokenizer({ model: new WordPiece(new Map()), normalizer: BertNormalizer(), pre_tokenizer: BertPreTokenizer() });
    const trainer = isBpe
      ? new BpeTrainer({ vocab_size, initial_alphabet: byteLevelAlphabet() })
      : new WordPieceTrainer({ vocab_size, special_tokens: ['[UNK]'] });
    await tokenizer.train_from_iterator(lines, trainer);
    return tokenizer;
  };
  const trained = await train();
  return { versions: {}, check: [trained.get_vocab_size()], run: () => processorTime(train) };
});
