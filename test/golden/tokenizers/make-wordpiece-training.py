"""Writes wordpiece-training.json: a seeded pseudo corpus, and the vocabularies that Hugging Face's Rust library trains on it.

The corpus is made here from syllables of no language and of Korean, with accents, capitals, digits and punctuation, so that
it may ship with the project. The Rust library numbers the prefixed characters in the random order of a hash map and breaks
ties by those numbers; the test therefore gives ours the order that this run happened to have.

Ran with: Python 3.11, tokenizers 0.23.3 (pip install tokenizers==0.23.3):
    python test/golden/tokenizers/make-wordpiece-training.py
"""

import json
import random
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

SYLLABLES = "ka to mi re shu na lo pi ing ed est un able tion é ü ñ".split() + list("가나다라마바사아자차카타파하는은이를했어요강의수업")
random.seed(20240607)
words = ["".join(random.choice(SYLLABLES) for _ in range(random.randint(1, 4))) for _ in range(700)]
words = [word.capitalize() if random.random() < 0.1 else word for word in words] + ["aaaa", "aaaaaaa", "bababab", "20", "2024", "𝔘𝔫", "😀"]
weights = [1 / (rank + 2) for rank in range(len(words))]
corpus = []
for _ in range(400):
    chosen = random.choices(words, weights, k=random.randint(3, 18))
    corpus.append(" ".join(word + random.choice(["", "", "", ",", ".", "!", "'s", "-"]) for word in chosen))

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
RUNS = {
    "plain": {"vocab_size": 500},
    "rare pairs left": {"vocab_size": 5000, "min_frequency": 4},
    "until nothing is left": {"vocab_size": 100000},
    "small alphabet": {"vocab_size": 300, "limit_alphabet": 24},
    "more alphabet": {"vocab_size": 300, "initial_alphabet": ["Ω", "z", "a"]},
    "own prefix": {"vocab_size": 300, "continuing_subword_prefix": "@@"},
}


def train(options):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(special_tokens=SPECIAL, show_progress=False, **options)
    tokenizer.train_from_iterator(corpus, trainer)
    vocab = tokenizer.get_vocab()
    return sorted(vocab, key=vocab.get)


result = {
    "how": f"tokenizers {tokenizers.__version__} (Python), BertNormalizer(lowercase=True), BertPreTokenizer",
    "special_tokens": SPECIAL,
    "corpus": corpus,
    "runs": [{"name": name, "options": options, "vocab": train(options)} for name, options in RUNS.items()],
}
path = Path(__file__).with_name("wordpiece-training.json")
path.write_text(json.dumps(result, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n")
print(path.stat().st_size, [(run["name"], len(run["vocab"])) for run in result["runs"]])
