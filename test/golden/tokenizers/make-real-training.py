"""Writes real-training.json: what Hugging Face's Rust library trains, on one thread, on real texts that are not copied here:
reviews in Korean (nsmc) and articles in English (wikitext2), from the folder given.

Each training runs three times, and `same` says whether the three agree: the library takes words in the random order of a hash
map. Kept are a digest of the tokens (for BPE of the merges), and for Unigram the sum of the scores and every 97th piece.

Ran with: Python 3.11, tokenizers 0.23.3 (pip install tokenizers==0.23.3):
    python test/golden/tokenizers/make-real-training.py SHARED/data
"""

import gzip
import hashlib
import json
import os
import sys
from pathlib import Path

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import tokenizers  # noqa: E402
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers  # noqa: E402

data = Path(sys.argv[1])


def lines_of(path, column):
    lines = gzip.decompress((data / path).read_bytes()).decode().split("\n")
    if column is not None:
        lines = [line.split("\t")[column] if line.count("\t") >= column else "" for line in lines[1:]]
    return [line for line in (line.strip() for line in lines) if line]


TEXTS = {"Korean": ("nsmc/ratings_test_10k.txt.gz", 1), "English": ("wikitext2/valid.txt.gz", None)}
LINES = {name: lines_of(*where) for name, where in TEXTS.items()}

RUNS = [
    ("BPE", "Korean", 10_000, {"vocab_size": 30000}),
    ("BPE", "English", 10_000, {"vocab_size": 30000}),
    ("Unigram", "Korean", 1500, {"vocab_size": 2000}),
    ("Unigram", "Korean", 1500, {"vocab_size": 3000, "shrinking_factor": 0.9, "n_sub_iterations": 3, "max_piece_length": 8}),
    ("Unigram", "Korean", 10_000, {"vocab_size": 8000}),
    ("Unigram", "English", 800, {"vocab_size": 1000}),
    ("Unigram", "English", 800, {"vocab_size": 4000, "shrinking_factor": 0.6}),
    ("Unigram", "English", 10_000, {"vocab_size": 8000}),
]


def digest(texts):
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def train(kind, language, lines, options):
    texts = LINES[language][:lines]
    if kind == "BPE":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        tokenizer.train_from_iterator(texts, trainers.BpeTrainer(initial_alphabet=alphabet, show_progress=False, **options))
        merges = [" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
        return {"merges": len(merges), "digest": digest(merges)}
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(special_tokens=["<unk>"], unk_token="<unk>", show_progress=False, **options)
    tokenizer.train_from_iterator(texts, trainer)
    pieces = sorted(json.loads(tokenizer.to_str())["model"]["vocab"], key=lambda piece: piece[0].encode())
    return {
        "pieces": len(pieces),
        "digest": digest([piece for piece, _ in pieces]),
        "sum": round(sum(score for _, score in pieces), 6),
        # Single characters may have a score that the library gives out in a random order.
        "some": [[piece, round(score, 8)] for piece, score in [piece for piece in pieces if len(piece[0]) > 1][::97]],
    }


runs = []
for kind, language, lines, options in RUNS:
    results = [train(kind, language, lines, options) for _ in range(3)]
    same = all(result["digest"] == results[0]["digest"] for result in results)
    runs.append({"kind": kind, "language": language, "lines": lines, "options": options, "same": same, **results[0]})
    print(kind, language, lines, options, same, [result["digest"][:8] for result in results], [result.get("sum") for result in results], flush=True)

path = Path(__file__).parent / "real-training.json"
how = f"tokenizers {tokenizers.__version__} (Python), one thread"
text = {language: {"file": file, "column": column} for language, (file, column) in TEXTS.items()}
path.write_text(json.dumps({"how": how, "texts": text, "runs": runs}, ensure_ascii=False, separators=(",", ":")) + "\n")
print(path.stat().st_size)
