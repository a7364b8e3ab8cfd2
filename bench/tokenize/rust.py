"""Hugging Face's Rust library through Python, one line at a time on one thread."""

from texts import checksum, lines_of, one_thread, per_megabyte, tokenizer_json

from harness.serve import serve

one_thread()


def setup(options, threads):
    import tokenizers

    lines = lines_of(options)
    tokenizer = tokenizers.Tokenizer.from_str(tokenizer_json(options))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    encodings = [tokenizer.encode(line) for line in lines]
    offsets = [encoding.offsets for encoding in encodings] if options['offsets'] else []
    check = checksum([encoding.ids for encoding in encodings], offsets)
    del encodings, offsets

    def encode_all():
        for line in lines:
            encoding = tokenizer.encode(line)
            encoding.ids
            if options['offsets']:
                encoding.offsets

    return {
        'versions': {'tokenizers (PyPI)': tokenizers.__version__},
        'check': check,
        'run': lambda: per_megabyte(lines, encode_all),
    }


if __name__ == '__main__':
    serve(setup)
