"""Writes marian.json: what Python's MarianTokenizer makes of source and target texts. First with a tiny tokenizer that this script
trains (its files are in the JSON, SentencePiece models in base64; no normalization table, which alone has 240 kB), then with the
one of a folder: opus-mt-zh-en, whose models normalize.

Ran with: Python 3.11, transformers 5.23.0, sentencepiece 0.2.1, without sacremoses
(pip install transformers==5.23.0 sentencepiece==0.2.1):
    python test/golden/tokenizers/make-marian.py path/to/opus-mt-zh-en
"""

import base64
import gzip
import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import sentencepiece
from transformers import MarianTokenizer

warnings.filterwarnings("ignore")
here = Path(__file__).parent
pairs = [
    ("How are you today?", "오늘은 어떻게 지내세요?"),
    ("I am going to the lecture room.", "저는 강의실에 가고 있어요."),
    ("The lecture was good.", "강의가 좋았어요."),
    ("The students are reading a good book.", "학생들이 좋은 책을 읽고 있어요."),
    ("Where is the library?", "도서관이 어디에 있어요?"),
    ("The library is next to the lecture room.", "도서관은 강의실 옆에 있어요."),
    ("I would like a cup of coffee, please.", "커피 한 잔 주세요."),
    ("It is raining today, and it was raining yesterday.", "오늘은 비가 오고 어제도 비가 왔어요."),
    ("She reads the news every morning.", "그녀는 매일 아침 뉴스를 읽어요."),
    ("We are learning Korean and English.", "우리는 한국어와 영어를 배우고 있어요."),
    ("This is an example of a translation.", "이것은 번역의 예입니다."),
    ("Thank you very much!", "정말 고맙습니다!"),
]
texts = [
    *[source for source, _ in pairs[:4]],
    "",
    "   ",
    "  two  spaces \n and a line\t",
    "Ünknown ☃☃ signs 雪 and 강의",
    "an end </s> in the text <pad> <unk>",
    ">>fr<< Where is the library?",
    "a\u00a0b ﬁne Ａ",
]
targets = [*[target for _, target in pairs[:4]], "", "   ", "  두  칸 ", "모르는 ☃ 雪 lecture", "끝 </s> 다음", "도서관", "책 １"]


def train(lines: list[str], folder: Path, name: str, size: int) -> None:
    corpus = folder / f"{name}.txt"
    corpus.write_text("\n".join(lines))
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(folder / name), vocab_size=size, model_type="unigram",
        normalization_rule_name="identity", bos_id=-1, minloglevel=2, hard_vocab_limit=False, num_threads=1,
    )
    shutil.move(folder / f"{name}.model", folder / f"{name}.spm")


def observed(tokenizer: MarianTokenizer) -> dict:
    def lists(encoded) -> dict:
        return {name: list(value) for name, value in encoded.items()}

    both = tokenizer(texts, text_target=targets)
    generated = [[tokenizer.pad_token_id, *ids, tokenizer.pad_token_id] for ids in both["labels"]]
    return {
        "texts": list(texts),
        "targets": list(targets),
        "tokens": [tokenizer.tokenize(text) for text in texts],
        "both": lists(both),
        "target alone": lists(tokenizer(text_target=targets)),
        "one": lists(tokenizer(texts[0], text_target=targets[0])),
        "padded": lists(tokenizer(texts[:4], text_target=targets[:4], padding=True, truncation=True, max_length=9)),
        "pair": lists(tokenizer(texts[0], texts[1])),
        "vocab_size": tokenizer.vocab_size,
        "model_max_length": tokenizer.model_max_length,
        "all_special_ids": tokenizer.all_special_ids,
        "generated": generated,
        "decoded": {
            f"{side} {skip}": [
                tokenizer.decode(ids, skip_special_tokens=skip, use_source_tokenizer=side == "source") for ids in generated
            ]
            for side in ("source", "target")
            for skip in (True, False)
        },
    }


with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    train([source for source, _ in pairs], folder, "source", 90)
    train([target for _, target in pairs], folder, "target", 110)
    pieces = set()
    for side in ("source", "target"):
        model = sentencepiece.SentencePieceProcessor(model_file=str(folder / f"{side}.spm"))
        pieces |= {model.id_to_piece(i) for i in range(len(model))}
    # The vocabulary of a real pair lacks some of its pieces too.
    missing = {"▁lecture", "▁library", "강의", "ing"} & pieces
    assert missing
    vocab = {"</s>": 0, "<unk>": 1}
    for piece in [*sorted(pieces - missing - {"<s>", "</s>", "<unk>"}), ">>fr<<", "<pad>"]:
        vocab[piece] = len(vocab)
    (folder / "vocab.json").write_text(json.dumps(vocab))
    config = {"source_lang": "eng", "target_lang": "kor", "tokenizer_class": "MarianTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    tiny = {
        "files": {side: base64.b64encode((folder / side).read_bytes()).decode() for side in ("source.spm", "target.spm")},
        "vocab": vocab,
        "config": config,
        **observed(MarianTokenizer.from_pretrained(folder)),
    }
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    for path in Path(sys.argv[1]).iterdir():
        if path.suffix == ".gz" and "golden" not in path.name:
            (folder / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
        elif path.suffix != ".gz":
            shutil.copy(path, folder / path.name)
    # The class takes any code at the beginning of a text for one token; this vocabulary has none.
    texts.remove(">>fr<< Where is the library?")
    texts += ["报告说，妇女禁止入内。", "他在图书馆学习经济学。"]
    targets += ["The report says that women are not allowed in."]
    opus = observed(MarianTokenizer.from_pretrained(folder))

with (here / "marian.json").open("w") as file:
    json.dump({"tiny": tiny, "opus-mt-zh-en": opus}, file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")
