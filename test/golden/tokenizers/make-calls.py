"""Writes calls.json: what Python's tokenizers return for calls with every option: BERT's on the vocabulary of
wordpiece-training.json, and two that the Rust library trains on its corpus, one like GPT-2's (bytes, no token types, padding on
the left) and one like XLM-R's (pieces with their scores, two separators in a pair).

Ran with: Python 3.11, transformers 5.23.0, tokenizers 0.23.3 (pip install transformers==5.23.0 tokenizers==0.23.3):
    python test/golden/tokenizers/make-calls.py
"""

import itertools
import json
from pathlib import Path

import tokenizers
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import BertTokenizer, PreTrainedTokenizerFast

here = Path(__file__).parent
training = json.loads((here / "wordpiece-training.json").read_text())
corpus = training["corpus"]
vocab = training["runs"][0]["vocab"]

bert = BertTokenizer(vocab={token: i for i, token in enumerate(vocab)}, model_max_length=24)

byte_level = Tokenizer(models.BPE())
byte_level.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
byte_level.post_processor = processors.ByteLevel(trim_offsets=False)
byte_level.decoder = decoders.ByteLevel()
alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
byte_level.train_from_iterator(
    corpus, trainers.BpeTrainer(vocab_size=400, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False)
)
gpt2_config = {
    "bos_token": "<|endoftext|>",
    "eos_token": "<|endoftext|>",
    "unk_token": "<|endoftext|>",
    "pad_token": "<|endoftext|>",
    "padding_side": "left",
    "model_max_length": 24,
    "model_input_names": ["input_ids", "attention_mask"],
}
gpt2 = PreTrainedTokenizerFast(tokenizer_object=byte_level, **gpt2_config)

unigram = Tokenizer(models.Unigram())
unigram.pre_tokenizer = pre_tokenizers.Metaspace()
unigram.decoder = decoders.Metaspace()
special = ["<s>", "<pad>", "</s>", "<unk>"]
unigram.train_from_iterator(
    corpus, trainers.UnigramTrainer(vocab_size=200, special_tokens=special, unk_token="<unk>", show_progress=False)
)
unigram.post_processor = processors.TemplateProcessing(
    single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
)
xlmr_config = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "cls_token": "<s>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
    "model_max_length": 24,
    "model_input_names": ["input_ids", "attention_mask"],
}
xlmr = PreTrainedTokenizerFast(tokenizer_object=unigram, **xlmr_config)

A = "kato mire, 강의를 했어요 Éü 2024!"
B = "lona shu ka 가나다라 the 😀 pito."
LONG = " ".join(corpus[:3])
WORDS = ["kato", "mire,", "강의를", "😀e\u0301ka"]


def calls_of(tokenizer, every):
    """Calls with every option; with all their combinations for one tokenizer, which is enough."""
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
    paddings = [False, True, "longest", "max_length", "do_not_pad"] if every else [True, "max_length"]
    truncations = [None, False, True, "longest_first", "only_first"] if every else [None, True]
    for padding, truncation in itertools.product(paddings, truncations):
        call([A, LONG], padding=padding, truncation=truncation)
        call([A, LONG], padding=padding, truncation=truncation, max_length=12)
    for truncation in ["longest_first", "only_first", "only_second"]:
        for max_length in [3, 4, 5, 8, 13, 20, 40] if every else [5, 20]:
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
    return calls


path = here / "calls.json"
data = {
    "how": f"transformers {transformers.__version__}, tokenizers {tokenizers.__version__}; the last three calls of each with truncation_side left",
    "vocab": vocab,
    "calls": calls_of(bert, True),
    "others": [
        {"name": name, "tokenizer": json.loads(backend.to_str()), "config": config, "calls": calls_of(tokenizer, False)}
        for name, backend, config, tokenizer in [("GPT-2", byte_level, gpt2_config, gpt2), ("XLM-R", unigram, xlmr_config, xlmr)]
    ],
}
path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
everything = data["calls"] + [call for other in data["others"] for call in other["calls"]]
print(path.stat().st_size, len(everything), sum("error" in call["result"] for call in everything))
