"""Hugging Face's Rust library through Python, one line at a time on one thread."""

from texts import checksum, lines_of, once_per_megabyte, one_thread, per_megabyte, tokenizer_json

from harness.serve import serve

one_thread()


def setup(options, threads):
    import tokenizers

    lines = lines_of(options)
    json = tokenizer_json(options)

    def made():
        tokenizer = tokenizers.Tokenizer.from_str(json)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    tokenizer = made()
    encodings = [tokenizer.encode(line) for line in lines]
    offsets = [encoding.offsets for encoding in encodings] if options['offsets'] else []
    check = checksum([encoding.ids for encoding in encodings], offsets)
    del encodings, offsets

    def encode_all(tokenizer):
        for line in lines:
            encoding = tokenizer.encode(line)
            encoding.ids
            if options['offsets']:
                encoding.offsets

    def run():
        if not options['unique']:
            return per_megabyte(lines, lambda: encode_all(tokenizer))
        # A new tokenizer remembers no word.
        encode_all(tokenizer)
        new = made()
        new.encode('a')
        return once_per_megabyte(lines, lambda: encode_all(new))

    return {'versions': {'tokenizers (PyPI)': tokenizers.__version__}, 'check': check, 'run': run}


if __name__ == '__main__':
    serve(setup)
