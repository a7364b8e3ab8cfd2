// qkv's side of vit.ts, which says what a step is.
import { Conv2d, init, LayerNorm, Linear, Module, Parameter, TransformerEncoderLayer } from '../../src/nn/index.ts';
import { AdamW } from '../../src/optim/index.ts';
import { concat, type Tensor } from '../../src/tensor/index.ts';
import { filled } from './fill.ts';
import { servePictures } from './pictures-step.ts';
import type { vit } from './vit.ts';

class ViT extends Module {
  readonly patches: Conv2d;
  readonly cls_token: Parameter;
  readonly positions: Parameter;
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: LayerNorm;
  readonly head: Linear;

  constructor({ size, patch, width, layers, heads, inner, classes }: typeof vit) {
    super();
    this.patches = new Conv2d(3, width, patch, { stride: patch });
    this.cls_token = new Parameter(init.constant([1, 1, width], 0));
    this.positions = new Parameter(init.constant([1, (size / patch) ** 2 + 1, width], 0));
    const options = { dim_feedforward: inner, dropout: 0, activation: 'gelu', batch_first: true, norm_first: true } as const;
    this.layers = Array.from({ length: layers }, () => new TransformerEncoderLayer(width, heads, options));
    this.norm = new LayerNorm(width);
    this.head = new Linear(width, classes);
  }

  override forward(pictures: Tensor): Tensor {
    const patches = this.patches.forward(pictures); // [B, C, h, w]
    const [B, C] = patches.shape as [number, number];
    const tokens = patches.reshape(B, C, -1).transpose(1, 2); // [B, T, C]
    let x = concat([this.cls_token.expand(B, 1, C), tokens], 1).add(this.positions);
    for (const layer of this.layers) x = layer.forward(x);
    return this.head.forward(this.norm.forward(x.select(1, 0)));
  }
}

/** Norms start at 1 and 0, the rest evenly with a deviation of 0.02. */
function initial(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const count = shape.reduce((a, b) => a * b, 1);
  if (shape.length === 1) return new Float32Array(count).fill(name.includes('norm') && name.endsWith('weight') ? 1 : 0);
  return filled(name, count).map((x) => x * Math.fround(0.02 * Math.sqrt(3)));
}

await servePictures(
  (options: typeof vit) => new ViT(options),
  initial,
  (parameters, { lr, weight_decay }) => new AdamW(parameters, { lr, weight_decay }),
);
