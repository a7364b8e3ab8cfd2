"""The peers' side of gpt2.ts, which says what is decoded: Hugging Face's GPT2LMHeadModel and `generate`."""

import sys
import time
from pathlib import Path

import numpy
import torch
import transformers

sys.path.append(str(Path(__file__).parent.parent / 'train-step'))
from fill import filled, filled_integers  # noqa: E402
from transformers import GPT2Config, GPT2LMHeadModel

from harness.serve import serve


def initialize(model):
    scale = numpy.float32(0.02 * 3**0.5)
    with torch.no_grad():
        for name, parameter in model.transformer.named_parameters():
            if parameter.dim() == 1:
                parameter.fill_(1.0 if name.endswith('weight') else 0.0)
                continue
            values = torch.from_numpy(filled(name, parameter.numel()) * scale)
            # GPT-2's Conv1D keeps [in, out].
            shape = tuple(parameter.shape) if name.startswith(('wte', 'wpe')) else tuple(parameter.shape)[::-1]
            values = values.view(shape)
            parameter.copy_(values if name.startswith(('wte', 'wpe')) else values.T)


def setup(options, threads):
    torch.set_num_threads(threads)
    names = ('vocab_size', 'n_positions', 'n_embd', 'n_layer', 'n_head', 'layer_norm_epsilon')
    model = GPT2LMHeadModel(GPT2Config(**{name: options[name] for name in names}, activation_function='gelu', use_cache=True))
    initialize(model)
    model.eval()
    if options.get('precision') == 'bfloat16':
        model.to(torch.bfloat16)
    length = options['prompt_length']
    input_ids = torch.from_numpy(filled_integers('prompt', length, options['vocab_size'])).view(1, length)

    def generate(count):
        with torch.inference_mode():
            written = model.generate(
                input_ids,
                attention_mask=torch.ones_like(input_ids),
                do_sample=False,
                max_new_tokens=count,
                min_new_tokens=count,
                pad_token_id=0,
                eos_token_id=None,
            )
        return written[0, length:].tolist()

    def run():
        generate(2)
        start = time.perf_counter()
        generate(options['max_new_tokens'])
        return (time.perf_counter() - start) * 1000 / options['max_new_tokens']

    return {
        'versions': {'torch': torch.__version__, 'transformers': transformers.__version__},
        'check': generate(options['checked_tokens']),
        'run': run,
    }


if __name__ == '__main__':
    serve(setup)
