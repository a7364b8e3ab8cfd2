"""Writes calls.json: what Python's BertTokenizer returns for calls with every option, on the vocabulary of wordpiece-training.json.

Ran with: Python 3.11, transformers 5.23.0, tokenizers 0.23.3 (pip install transformers==5.23.0 tokenizers==0.23.3):
    python test/golden/tokenizers/make-calls.py
"""

import itertools
import json
import random
from pathlib import Path

import tokenizers
import transformers
from transformers import BertTokenizer

here = Path(__file__).parent
training = json.loads((here / "wordpiece-training.json").read_text())
vocab = training["runs"][0]["vocab"]
tokenizer = BertTokenizer(vocab={token: i for i, token in enumerate(vocab)}, model_max_length=24)

A = "kato mire, 강의를 했어요 Éü 2024!"
B = "lona shu ka 가나다라 the 😀 pito."
LONG = " ".join(training["corpus"][:3])
WORDS = ["kato", "mire,", "강의를", "😀e\u0301ka"]

calls = []


def call(text, pair=None, **options):
    options = {"return_offsets_mapping": True, "return_special_tokens_mask": True, "return_length": True, **options}
    try:
        result = {name: value for name, value in tokenizer(text, pair, **options).items()}
    except Exception as error:
        result = {"error": type(error).__name__}
    calls.append({"text": text, "pair": pair, "options": options, "result": result})


call(A)
call(A, B)
call("")
call([A, "", LONG])
call([A, LONG], [B, A])
call([[A, B], [LONG, A]])
call(WORDS, is_split_into_words=True)
call(WORDS, WORDS[:2], is_split_into_words=True)
call([WORDS, WORDS[1:]], is_split_into_words=True, padding=True)
call("a [MASK] b[SEP]c [mask]")
call("a [MASK] b[SEP]c", split_special_tokens=True)
for padding, truncation in itertools.product([False, True, "longest", "max_length", "do_not_pad"], [None, False, True, "longest_first", "only_first"]):
    call([A, LONG], padding=padding, truncation=truncation)
    call([A, LONG], padding=padding, truncation=truncation, max_length=12)
for truncation in ["longest_first", "only_first", "only_second"]:
    for max_length in [3, 4, 5, 8, 13, 20, 40]:
        call(A, LONG, truncation=truncation, max_length=max_length)
        call(LONG, A, truncation=truncation, max_length=max_length)
for stride in [0, 2]:
    call(LONG, truncation=True, max_length=10, stride=stride, return_overflowing_tokens=True)
    call([A, LONG], truncation=True, max_length=10, stride=stride, return_overflowing_tokens=True, padding=True)
    call(A, LONG, truncation="only_second", max_length=30, stride=stride, return_overflowing_tokens=True, padding="max_length")
    call(LONG, B, truncation="only_first", max_length=30, stride=stride, return_overflowing_tokens=True)
call("kato mire lona shu", "pi na", truncation=True, max_length=6, return_overflowing_tokens=True)
call([A, LONG], padding=True, pad_to_multiple_of=8)
call([A, LONG], padding="max_length", max_length=16, truncation=True, pad_to_multiple_of=8)
call([A, LONG], padding=True, truncation=True, pad_to_multiple_of=8)
call([A, B], padding=True, padding_side="left")
call(A, B, add_special_tokens=False)
call(LONG, add_special_tokens=False, truncation=True, max_length=5)
call(A, return_token_type_ids=False, return_attention_mask=False)
tokenizer.truncation_side = "left"
call(LONG, truncation=True, max_length=10)
call(LONG, truncation=True, max_length=10, stride=3, return_overflowing_tokens=True)
call(A, LONG, truncation="only_second", max_length=25)

path = here / "calls.json"
how = f"transformers {transformers.__version__}, tokenizers {tokenizers.__version__}; the last three calls with truncation_side left"
path.write_text(json.dumps({"how": how, "vocab": vocab, "calls": calls}, ensure_ascii=False, separators=(",", ":")) + "\n")
print(path.stat().st_size, len(calls), sum("error" in call["result"] for call in calls))
