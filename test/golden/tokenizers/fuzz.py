"""Answers for test/golden/tokenizers/fuzz.ts: reads texts from standard input as JSON lines, writes what Hugging Face's
Rust library makes of them. Argument: the path of a tokenizer.json.

Ran with: Python 3.11, tokenizers 0.23.3.
"""

import json
import sys

from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(sys.argv[1])
tokenizer.no_truncation()
tokenizer.no_padding()
for line in sys.stdin:
    text = json.loads(line)
    try:
        encoding = tokenizer.encode(text)
        answer = [
            encoding.ids,
            encoding.tokens,
            encoding.offsets,
            encoding.word_ids,
            tokenizer.decode(encoding.ids),
        ]
    except Exception as error:
        answer = [str(error)]
    print(json.dumps(answer))
