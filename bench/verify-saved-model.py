"""Checks a folder that qkv saved by loading it with Python's transformers and classifying the same texts.

    bench/.peers/python/bin/python bench/verify-saved-model.py runs/spam-assassin predictions.jsonl [--tolerance 1e-5]

Each line of the file is a JSON object with `text` and what qkv made of it: `logits` (one number per class), `input_ids`, or
`label` and `score` (what `qkv run --json` prints); what a line has is compared. Prints the largest differences and ends with
status 1 when logits or scores differ by more than the tolerance, relative to the text's largest, or when ids differ at all.
"""

import argparse
import json
import sys

import tokenizers
import torch
import transformers
from transformers import AutoModelForSequenceClassification, AutoTokenizer


def arguments():
    parser = argparse.ArgumentParser(description='Compares what qkv saved and predicted with Python transformers.')
    parser.add_argument('folder', help='a folder with config.json, model.safetensors and tokenizer.json')
    parser.add_argument('predictions', help='JSON lines; - for standard input')
    parser.add_argument('--tolerance', type=float, default=1e-5)
    parser.add_argument('--max_length', type=int, default=None, help='default: the tokenizer\'s own')
    return parser.parse_args()


def read(path):
    with sys.stdin if path == '-' else open(path, encoding='utf-8') as file:
        lines = [json.loads(line) for line in file if line.strip()]
    if not lines:
        sys.exit(f'verify-saved-model: {path} has no lines; it needs one JSON object a line.')
    for number, line in enumerate(lines, 1):
        if not isinstance(line.get('text'), str):
            sys.exit(f'verify-saved-model: line {number} of {path} has no text.')
        if not any(key in line for key in ('logits', 'input_ids', 'score')):
            sys.exit(f'verify-saved-model: line {number} of {path} has neither logits nor input_ids nor score to compare.')
    return lines


def main():
    given = arguments()
    lines = read(given.predictions)
    tokenizer = AutoTokenizer.from_pretrained(given.folder)
    model = AutoModelForSequenceClassification.from_pretrained(given.folder, dtype=torch.float32).eval()
    compared = {'logits': 0, 'score': 0, 'input_ids': 0}
    largest = {'absolute': 0.0, 'relative': 0.0}
    other_ids = other_labels = 0

    def compare(kind, ours, theirs):
        compared[kind] += 1
        if len(ours) != len(theirs):
            sys.exit(f'verify-saved-model: {len(ours)} {kind} came where the model gives {len(theirs)}.')
        absolute = max(abs(a - b) for a, b in zip(ours, theirs))
        # Not a number in either shall not pass for equal.
        largest['absolute'] = max(largest['absolute'], absolute if absolute == absolute else float('inf'))
        relative = absolute / max(abs(b) for b in theirs)
        largest['relative'] = max(largest['relative'], relative if relative == relative else float('inf'))

    with torch.no_grad():
        for line in lines:
            encoded = tokenizer(line['text'], truncation=True, max_length=given.max_length, return_tensors='pt')
            if 'input_ids' in line:
                compared['input_ids'] += 1
                other_ids += line['input_ids'] != encoded['input_ids'][0].tolist()
            logits = model(**encoded).logits[0]
            if 'logits' in line:
                compare('logits', line['logits'], logits.tolist())
            if 'score' in line:
                probabilities = torch.softmax(logits, -1)
                best = int(probabilities.argmax())
                other_labels += model.config.id2label[best] != line.get('label')
                compare('score', [line['score']], [probabilities[best].item()])

    print(f'{given.folder}: {len(lines)} texts')
    print(f'  transformers {transformers.__version__}, tokenizers {tokenizers.__version__}, torch {torch.__version__}')
    print(f'  {type(model).__name__}, {type(tokenizer).__name__}')
    print(f'  compared: {", ".join(f"{count} {kind}" for kind, count in compared.items() if count)}')
    print(f'  largest difference: {largest["absolute"]:.3g} absolute, {largest["relative"]:.3g} relative to the text\'s largest')
    if compared['input_ids']:
        print(f'  texts whose ids differ: {other_ids}')
    if compared['score']:
        print(f'  texts whose label differs: {other_labels}')
    passed = largest['relative'] <= given.tolerance and other_ids == 0 and other_labels == 0
    print('  equal within the tolerance' if passed else f'  DIFFERENT (tolerance {given.tolerance:g})')
    sys.exit(0 if passed else 1)


if __name__ == '__main__':
    main()
