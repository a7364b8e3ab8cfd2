"""The same texts and tokenizers as texts.ts, which says how they come about."""

import gzip
import json
import os
import time
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2].parent / 'shared'


def read(path):
    data = (SHARED / path).read_bytes()
    return (gzip.decompress(data) if path.endswith('.gz') else data).decode('utf-8')


def lines_of(options):
    lines = read(f'data/{options["data"]}').split('\n')
    if options['column'] is not None:
        fields = [line.split('\t') for line in lines[1:]]
        lines = [line[options['column']] if len(line) > options['column'] else '' for line in fields]
    lines = [line for line in (line.strip() for line in lines) if line]
    if not options['unique']:
        return lines
    seen, kept = set(), []
    for line in lines:
        words = []
        for word in line.split(' '):
            if word not in seen:
                seen.add(word)
                words.append(word)
        if words:
            kept.append(' '.join(words))
    return [line for line in kept if line]


def tokenizer_json(options):
    return read(f'models/{options["tokenizer"]}/tokenizer.json.gz')


def vocabulary(options):
    return json.loads(read(f'models/{options["tokenizer"]}/vocab.json.gz'))


def megabytes(lines):
    return sum(len(line.encode()) for line in lines) / 1e6


def checksum(ids_of_lines, offsets_of_lines=()):
    ids = [sum(id * (i % 7 + 1) for i, id in enumerate(line)) for line in ids_of_lines]
    offsets = sum(3 * start + 5 * end for line in offsets_of_lines for start, end in line)
    return [sum(len(line) for line in ids_of_lines), sum(ids), offsets]


def per_megabyte(lines, encode_all):
    return processor_time(encode_all) / megabytes(lines)


def once_per_megabyte(lines, encode_all):
    before = time.process_time()
    encode_all()
    return (time.process_time() - before) * 1000 / megabytes(lines)


def processor_time(work):
    work()
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000


def one_thread():
    os.environ['TOKENIZERS_PARALLELISM'] = 'false'
    os.environ['RAYON_NUM_THREADS'] = '1'
