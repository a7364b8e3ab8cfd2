"""Writes wav2vec2.json: what Python's Wav2Vec2CTCTokenizer makes of texts and of frames, with a vocabulary of capital letters, one of
Hangul jamo, one of Hangul syllables without special tokens of its own, and one of two languages.

Ran with: Python 3.11, transformers 5.23.0 (pip install transformers==5.23.0):
    python test/golden/tokenizers/make-wav2vec2.py
"""

import json
import random
import tempfile
from pathlib import Path

from transformers import Wav2Vec2CTCTokenizer

here = Path(__file__).parent
special = ["<pad>", "<s>", "</s>", "<unk>", "|"]
letters = [*special, *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"]
jamo = [*special, *[chr(c) for c in [*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]]]
syllables = ["[PAD]", "[UNK]", "[W]", *"강의가좋아요오늘은비와서실에갔다", "ㅋㅋ"]


def numbered(tokens: list[str]) -> dict[str, int]:
    return {token: i for i, token in enumerate(tokens)}


tokenizers = {
    "letters": (numbered(letters), {"do_lower_case": True}),
    "capitals only": (numbered(letters), {}),
    "jamo": (numbered(jamo), {"replace_word_delimiter_char": "_"}),
    "syllables": (
        numbered(syllables),
        {"pad_token": "[PAD]", "unk_token": "[UNK]", "word_delimiter_token": "[W]", "bos_token": None, "eos_token": None},
    ),
    "no ends": (numbered(["<pad>", "<unk>", "|", *"abc"]), {}),
    "two languages": ({"eng": numbered([*special, *"abc"]), "kor": numbered([*special, *"강의실"])}, {"target_lang": "kor"}),
}
texts = [
    "hello world", "HELLO  WORLD", "", " ", "Straße ﬁn 𐐨x", "it's <pad> a </s>  b<unk>", "a|b", "강의가 좋아요", "오늘은 ㅋㅋ 비", "abc 강의실", "\u1100\u1161\u11bc\u110b\u1174", "a\nb\tc",
]
numbers = random.Random(7)


def observed(name: str) -> dict:
    vocab, config = tokenizers[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocab.json"
        path.write_text(json.dumps(vocab, ensure_ascii=False))
        tokenizer = Wav2Vec2CTCTokenizer(path, **config)
    size = tokenizer.vocab_size
    frames = [[], [0], [size + 50, 0, size + 50]]
    for _ in range(20):
        row = []
        for _ in range(numbers.randrange(1, 12)):
            row += [numbers.randrange(size)] * numbers.randrange(1, 4) + [0] * numbers.randrange(0, 3)
        frames.append(row)
    frames += [tokenizer(text)["input_ids"] for text in texts]
    return {
        "vocab": vocab,
        "config": config,
        "vocab_size": size,
        "total": len(tokenizer),
        "special": tokenizer.all_special_tokens,
        "tokens": [tokenizer.tokenize(text) for text in texts],
        "encoded": dict(tokenizer(texts, padding=True)),
        "labels": list(tokenizer(texts, text_target=texts)["labels"]),
        "frames": frames,
        "frame tokens": [tokenizer.convert_ids_to_tokens(row, skip_special_tokens=True) for row in frames[3:]],
        "decoded": tokenizer.batch_decode(frames),
        "skipped": tokenizer.batch_decode(frames, skip_special_tokens=True),
        "ungrouped": tokenizer.batch_decode(frames, group_tokens=False),
    }


with (here / "wav2vec2.json").open("w") as file:
    json.dump({"texts": texts, "cases": {name: observed(name) for name in tokenizers}}, file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")
