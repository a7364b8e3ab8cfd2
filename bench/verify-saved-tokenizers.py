"""The Python side of verify-saved-tokenizers.ts, which starts it: loads folders that qkv saved and compares ids.

    verify-saved-tokenizers.py CASES.json

The file has `texts`, and `cases` with a folder and the ids that qkv gave each text. Prints a line of JSON for each case: how many
texts differ through AutoTokenizer and through PreTrainedTokenizerFast, or why the folder could not be loaded.
"""

import json
import sys

import tokenizers
import transformers
from transformers import AutoTokenizer, PreTrainedTokenizerFast


def differing(load, folder, texts, expected):
    try:
        tokenizer = load(folder)
        return sum(tokenizer(text)['input_ids'] != ids for text, ids in zip(texts, expected))
    except Exception as error:
        return f'{type(error).__name__}: {str(error).splitlines()[0][:140]}'


given = json.load(open(sys.argv[1], encoding='utf-8'))
print(json.dumps({'transformers': transformers.__version__, 'tokenizers': tokenizers.__version__}))
for case in given['cases']:
    found = {
        'auto': differing(AutoTokenizer.from_pretrained, case['folder'], given['texts'], case['ids']),
        'fast': differing(PreTrainedTokenizerFast.from_pretrained, case['folder'], given['texts'], case['ids']),
    }
    print(json.dumps(found), flush=True)
