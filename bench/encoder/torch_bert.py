"""PyTorch's side of bert-base.ts, which says what is computed: Hugging Face's BertModel."""

import sys
from contextlib import nullcontext
from pathlib import Path

import torch
import transformers
from transformers import BertConfig, BertModel

from harness.serve import serve, timed

sys.path.append(str(Path(__file__).parent.parent / 'train-step'))
from fill import filled_integers, initial_weights  # noqa: E402


def setup(options, threads):
    torch.set_num_threads(threads)
    names = ('vocab_size', 'hidden_size', 'num_hidden_layers', 'num_attention_heads', 'intermediate_size')
    model = BertModel(BertConfig(**{name: options[name] for name in names}), add_pooling_layer=False)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(initial_weights(name, parameter.numel())).view(parameter.shape))
    model.eval()
    shape = (options['texts'], options['length'])
    ids = torch.from_numpy(filled_integers('input_ids', shape[0] * shape[1], options['vocab_size'])).view(shape)
    forward = torch.compile(model) if options.get('compile') else model
    narrow = options.get('autocast')

    def run():
        with torch.inference_mode(), torch.autocast('cpu', getattr(torch, narrow)) if narrow else nullcontext():
            return forward(input_ids=ids).last_hidden_state

    return {
        'versions': {'torch': torch.__version__, 'transformers': transformers.__version__},
        'check': run().float().flatten()[: options['checked']].tolist(),
        'run': lambda: timed(options['runs_per_turn'], run),
    }


if __name__ == '__main__':
    serve(setup)
