"""The trainings of tokenize.bench.ts by Hugging Face's Rust library on one thread."""

from texts import lines_of, one_thread, processor_time

from harness.serve import serve

one_thread()


def setup(options, threads):
    import tokenizers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    lines = lines_of(options)
    size = options['vocab_size']

    def train():
        if options['kind'] == 'bpe':
            tokenizer = Tokenizer(models.BPE())
            tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
            alphabet = pre_tokenizers.ByteLevel.alphabet()
            trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
        else:
            tokenizer = Tokenizer(models.WordPiece(unk_token='[UNK]'))
            tokenizer.normalizer = normalizers.BertNormalizer()
            tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
            trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=['[UNK]'], show_progress=False)
        tokenizer.train_from_iterator(lines, trainer)
        return tokenizer

    return {
        'versions': {'tokenizers (PyPI)': tokenizers.__version__},
        'check': [train().get_vocab_size()],
        'run': lambda: processor_time(train),
    }


if __name__ == '__main__':
    serve(setup)
