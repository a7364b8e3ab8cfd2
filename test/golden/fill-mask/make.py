"""What Python's fill-mask pipeline makes of some texts, with the checkpoint of ../bert-mlm and a small one of ../shared/models.

    bench/.peers/python/bin/python test/golden/fill-mask/make.py        (after `npm run bench:setup`)

    vocab.txt        a vocabulary of 90 words for ../bert-mlm
    expected.json    for each checkpoint the calls, and what the pipeline gave; versions
"""

import gzip
import json
import shutil
import tempfile
from pathlib import Path

import torch
import transformers
from transformers import BertForMaskedLM, BertTokenizer, pipeline

here = Path(__file__).parent
shared = here.parents[2].parent / 'shared/models'
torch.set_num_threads(1)

words = 'the a good bad film book was is very not 영화 책 정말 좋다 나쁘다 재미 있다 없다 그 ##는 ##가 ##ly ##s . , !'.split()
special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
vocab = special + words + [f'word{i}' for i in range(90 - len(special) - len(words))]
(here / 'vocab.txt').write_text(''.join(f'{word}\n' for word in vocab), encoding='utf-8')

calls = [
    ['the film was [MASK].', {}],
    ['[MASK] 영화는 정말 좋다!', {'top_k': 3}],
    ['the [MASK] was very [MASK]', {'top_k': 2}],
    [['the film [MASK]', '그 책 [MASK] [MASK].'], {'top_k': 2}],
    ['the book was [MASK].', {'targets': ['good', 'bad', 'very']}],
    ['the [MASK] and the [MASK]', {'targets': 'film'}],
]


def answers(folder):
    with tempfile.TemporaryDirectory() as scratch:
        for file in Path(folder).iterdir():
            if file.name.endswith('.gz'):
                (Path(scratch) / file.name[:-3]).write_bytes(gzip.decompress(file.read_bytes()))
            elif file.is_file():
                shutil.copy(file, scratch)
        if not any((Path(scratch) / name).exists() for name in ('vocab.txt', 'tokenizer.json')):
            shutil.copy(here / 'vocab.txt', scratch)
        tokenizer = BertTokenizer.from_pretrained(scratch, do_lower_case=True, strip_accents=False)
        fill = pipeline('fill-mask', model=BertForMaskedLM.from_pretrained(scratch), tokenizer=tokenizer)
        return [{'texts': texts, 'options': options, 'expected': fill(texts, **options)} for texts, options in calls]


result = {
    'versions': {'torch': torch.__version__, 'transformers': transformers.__version__},
    'bert-mlm': answers(here.parent / 'bert-mlm'),
    'ckpt-bert-tiniest-lmbuddy': answers(shared / 'ckpt-bert-tiniest-lmbuddy'),
}
(here / 'expected.json').write_text(json.dumps(result, ensure_ascii=False, indent=1) + '\n', encoding='utf-8')
