"""tiktoken with GPT-2's vocabulary: its ranks are the ids of vocab.json, the characters taken back to bytes. Ids alone."""

from texts import checksum, lines_of, per_megabyte, vocabulary

from harness.serve import serve

# As tiktoken's own definition of GPT-2 has it.
PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""


def bytes_of_characters():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {chr(byte): byte for byte in printable}
    others = [byte for byte in range(256) if byte not in printable]
    table.update({chr(0x100 + i): byte for i, byte in enumerate(others)})
    return table


def setup(options, threads):
    import tiktoken

    table = bytes_of_characters()
    special = {'<|endoftext|>': 50256}
    ranks = {
        bytes(table[character] for character in token): id
        for token, id in vocabulary(options).items()
        if token not in special
    }
    encoding = tiktoken.Encoding('gpt2', pat_str=PATTERN, mergeable_ranks=ranks, special_tokens=special)
    lines = lines_of(options)
    check = checksum([encoding.encode_ordinary(line) for line in lines])

    def encode_all():
        for line in lines:
            encoding.encode_ordinary(line)

    return {
        'versions': {'tiktoken': tiktoken.__version__},
        'check': check,
        'run': lambda: per_megabyte(lines, encode_all),
    }


if __name__ == '__main__':
    serve(setup)
