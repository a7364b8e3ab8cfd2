"""Writes training.json: what Hugging Face's Rust library trains on the corpus of wordpiece-training.json with BPE (plain and
byte-level), Unigram and WordLevel, and the words that its pre-tokenizers split that corpus into.

Each training runs three times; `same` says whether all three gave the same result. Where they did not (characters with a
suffix are numbered in the random order of a hash map), the test gives ours the order of the run that is kept.

Ran with: Python 3.11, tokenizers 0.23.3 (pip install tokenizers==0.23.3):
    python test/golden/tokenizers/make-training.py
"""

import json
from collections import Counter
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

here = Path(__file__).parent
corpus = json.loads((here / "wordpiece-training.json").read_text())["corpus"]

SPLITS = {
    "whitespace": pre_tokenizers.Whitespace(),
    "byte-level": pre_tokenizers.ByteLevel(add_prefix_space=True),
    "metaspace": pre_tokenizers.Metaspace(),
}
ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())
SPECIAL = ["<unk>", "<pad>"]

RUNS = [
    ("BPE", "plain", "whitespace", {"vocab_size": 500}),
    ("BPE", "rare pairs left", "whitespace", {"vocab_size": 5000, "min_frequency": 4}),
    ("BPE", "until nothing is left", "whitespace", {"vocab_size": 100000}),
    ("BPE", "small alphabet", "whitespace", {"vocab_size": 300, "limit_alphabet": 24}),
    ("BPE", "more alphabet", "whitespace", {"vocab_size": 300, "initial_alphabet": ["Ω", "z", "a"]}),
    ("BPE", "short tokens", "whitespace", {"vocab_size": 1000, "max_token_length": 4}),
    ("BPE", "end of word", "whitespace", {"vocab_size": 500, "end_of_word_suffix": "</w>"}),
    ("BPE", "prefix and suffix", "whitespace", {"vocab_size": 500, "continuing_subword_prefix": "##", "end_of_word_suffix": "</w>"}),
    ("BPE", "byte-level", "byte-level", {"vocab_size": 700, "initial_alphabet": ALPHABET}),
    ("BPE", "metaspace", "metaspace", {"vocab_size": 500}),
    ("WordLevel", "plain", "whitespace", {"vocab_size": 300}),
    ("WordLevel", "frequent words", "whitespace", {"min_frequency": 5}),
    ("Unigram", "plain", "metaspace", {"vocab_size": 300, "unk_token": "<unk>"}),
    ("Unigram", "small", "metaspace", {"vocab_size": 120, "unk_token": "<unk>"}),
    ("Unigram", "slow shrinking", "metaspace", {"vocab_size": 200, "shrinking_factor": 0.9, "n_sub_iterations": 3}),
    ("Unigram", "short pieces", "whitespace", {"vocab_size": 200, "max_piece_length": 3, "unk_token": "[UNK]", "initial_alphabet": ["Ω"]}),
]


def train(kind, split, options):
    tokenizer = Tokenizer({"BPE": models.BPE, "WordLevel": models.WordLevel, "Unigram": models.Unigram}[kind]())
    tokenizer.pre_tokenizer = SPLITS[split]
    trainer = {"BPE": trainers.BpeTrainer, "WordLevel": trainers.WordLevelTrainer, "Unigram": trainers.UnigramTrainer}[kind]
    tokenizer.train_from_iterator(corpus, trainer(special_tokens=SPECIAL, show_progress=False, **options))
    model = json.loads(tokenizer.to_str())["model"]
    if kind == "Unigram":
        return {"unk_id": model["unk_id"], "vocab": [[piece, round(score, 9)] for piece, score in model["vocab"]]}
    result = {"vocab": sorted(model["vocab"], key=model["vocab"].get)}
    return {**result, "merges": model["merges"]} if kind == "BPE" else result


def words_of(split):
    return Counter(piece for text in corpus for piece, _ in SPLITS[split].pre_tokenize_str(text))


runs = []
for kind, name, split, options in RUNS:
    results = [train(kind, split, options) for _ in range(3)]
    same = all(result == results[0] for result in results)
    runs.append({"kind": kind, "name": name, "split": split, "options": options, "same": same, **results[0]})
    print(kind, name, len(results[0]["vocab"]), same)

path = here / "training.json"
data = {
    "how": f"tokenizers {tokenizers.__version__} (Python)",
    "special_tokens": SPECIAL,
    "words": {split: list(words_of(split).items()) for split in SPLITS},
    "runs": runs,
}
path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
print(path.stat().st_size)
