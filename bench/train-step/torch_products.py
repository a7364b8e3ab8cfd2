"""The matrix products of one step in PyTorch and nothing else, into memory that is already there; products.ts says which
and in what order."""

import torch
from fill import filled

from harness.serve import serve, timed


def setup(options, threads):
    torch.set_num_threads(threads)
    B, T, C = options['rows'], options['tokens'], options['hidden_size']
    H, F, layers = options['num_attention_heads'], options['intermediate_size'], options['num_hidden_layers']
    M, D = B * T, C // H

    def random(name, *shape, deviation=1.0):
        count = torch.Size(shape).numel()
        return torch.from_numpy(filled(name, count)).view(shape) * (deviation * 3**0.5)

    x0 = random('x', M, C)
    pooled, slope = random('pooled', B, C), random('slope', B, options['num_labels'])
    head = random('head', options['num_labels'], C, deviation=C**-0.5)
    weights = [
        {
            'q': random(f'q{i}', C, C, deviation=C**-0.5),
            'k': random(f'k{i}', C, C, deviation=(C * D * T) ** -0.5),
            'v': random(f'v{i}', C, C, deviation=C**-0.5),
            'o': random(f'o{i}', C, C, deviation=C**-0.5),
            '1': random(f'1{i}', F, C, deviation=C**-0.5),
            '2': random(f'2{i}', C, F, deviation=F**-0.5),
        }
        for i in range(layers)
    ]
    places = {}

    def product(name, a, b):
        """a·b, into the same memory every time."""
        batch = a.dim() == 3
        if name not in places:
            places[name] = torch.empty(*a.shape[:-1], b.shape[-1])
        return (torch.bmm if batch else torch.mm)(a, b, out=places[name])

    def step():
        x, kept = x0, []
        for i, w in enumerate(weights):
            q, k, v = (product(f'{n}{i}', x, w[n].T) for n in 'qkv')
            q, v = q.view(B * H, T, D), v.view(B * H, T, D)
            k = k.view(B * H, D, T)
            s = product(f's{i}', q, k)
            c = product(f'c{i}', s, v).view(M, C)
            o = product(f'o{i}', c, w['o'].T)
            f = product(f'f{i}', o, w['1'].T)
            kept.append((x, q, k, v, s, c, o, f))
            x = product(f'x{i}', f, w['2'].T)
        product('logits', pooled, head.T)
        product('dhead', slope.T, pooled)
        product('dpooled', slope, head)
        g1 = g2 = g3 = x
        for i in reversed(range(layers)):
            w = weights[i]
            x, q, k, v, s, c, o, f = kept[i]
            product(f'd2{i}', g2.T, f)
            df = product('df', g1, w['2'])
            product(f'd1{i}', df.T, o)
            do = product('do', df, w['1'])
            product(f'do{i}', do.T, c)
            dc = product('dc', g3, w['o']).view(B * H, T, D)
            ds = product('ds', dc, v.view(B * H, D, T))
            dv = product('dv', s, dc).view(M, C)
            dq = product('dq', ds, k.view(B * H, T, D)).view(M, C)
            dk = product('dk', ds, q).view(M, C)
            for n, d in (('q', dq), ('k', dk), ('v', dv)):
                product(f'd{n}{i}', d.T, x)
            # Two sets in turn, so that no product reads what it writes.
            g1, g2, g3 = (product(f'g{n}{i % 2}', d, w[n]) for n, d in (('q', dq), ('k', dk), ('v', dv)))

    step()
    return {'versions': {'torch': torch.__version__}, 'run': lambda: timed(options['steps_per_turn'], step)}


if __name__ == '__main__':
    serve(setup)
