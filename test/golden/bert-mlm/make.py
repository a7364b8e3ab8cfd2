"""Makes the golden data of this folder: a tiny random BertForMaskedLM as the reference implementation sees it.

    bench/.peers/python/bin/python test/golden/bert-mlm/make.py        (after `npm run bench:setup`)

Computed in float64 and rounded to float32 once. Versions: see versions.json.

    config.json, model.safetensors  the checkpoint, as Python's save_pretrained writes it (the decoder is tied and left out)
    batch.safetensors               input_ids, attention_mask, token_type_ids, labels; padding at the end of two rows, and
                                    labels of -100 everywhere but at a few words
    expected.safetensors            logits, loss, and gradient.NAME of every parameter
"""

import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import BertConfig, BertForMaskedLM

here = Path(__file__).parent
torch.manual_seed(21)
torch.set_num_threads(1)
config = BertConfig(
    vocab_size=90, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=48,
    max_position_embeddings=40, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, attn_implementation='eager',
)
model = BertForMaskedLM(config)
with torch.no_grad():
    for name, parameter in model.named_parameters():
        scale = 1.0 if 'LayerNorm.weight' in name else 0.0
        parameter.copy_((torch.randn(parameter.shape) * 0.15 + scale).to(torch.float32))
model.save_pretrained(here)

lengths = [20, 13, 7]
input_ids = torch.randint(5, 90, (3, 20))
attention_mask = torch.tensor([[int(t < n) for t in range(20)] for n in lengths])
input_ids = input_ids * attention_mask
token_type_ids = torch.tensor([[int(t >= n // 2 and t < n) for t in range(20)] for n in lengths])
labels = torch.full((3, 20), -100)
for row, place, word in [(0, 2, 17), (0, 11, 60), (0, 19, 5), (1, 1, 88), (1, 12, 33), (2, 0, 41)]:
    labels[row, place] = word
batch = {'input_ids': input_ids, 'attention_mask': attention_mask, 'token_type_ids': token_type_ids, 'labels': labels}
save_file({name: tensor.contiguous() for name, tensor in batch.items()}, here / 'batch.safetensors')

model.double().train()
output = model(**batch)
output.loss.backward()
expected = {'logits': output.logits, 'loss': output.loss.reshape(1)}
for name, parameter in model.named_parameters():
    expected[f'gradient.{name}'] = parameter.grad
save_file({name: tensor.detach().to(torch.float32).contiguous() for name, tensor in expected.items()}, here / 'expected.safetensors')
versions = {'torch': torch.__version__, 'transformers': transformers.__version__}
(here / 'versions.json').write_text(json.dumps(versions, indent=2) + '\n')
