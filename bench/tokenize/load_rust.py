"""The Rust library's side of load-qkv.ts, from Python: see there and loaded-file.ts."""

import gzip
import json
import os
import sys
import time
from pathlib import Path

import tokenizers

options = json.loads(sys.argv[1])
file = Path('.cache/bench/tokenizers', options['tokenizer'], 'tokenizer.json').resolve()
if not file.exists():
    file.parent.mkdir(parents=True, exist_ok=True)
    mine = file.with_suffix(f'.{os.getpid()}')
    mine.write_bytes(gzip.decompress(Path('../shared/models', options['tokenizer'], 'tokenizer.json.gz').read_bytes()))
    mine.rename(file)

start = time.perf_counter()
ids = tokenizers.Tokenizer.from_file(str(file)).encode(options['sentence']).ids
value = (time.perf_counter() - start) * 1000
print(json.dumps({'value': value, 'check': ids, 'versions': {'tokenizers (PyPI)': tokenizers.__version__}}))
