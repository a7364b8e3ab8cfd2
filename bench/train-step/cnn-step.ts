// qkv's side of cnn.ts, which says what a step is.
import { AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, Module, Sequential } from '../../src/nn/index.ts';
import { SGD } from '../../src/optim/index.ts';
import type { Tensor } from '../../src/tensor/index.ts';
import type { cnn } from './cnn.ts';
import { filled } from './fill.ts';
import { servePictures } from './pictures-step.ts';

class Block extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly shortcut: Sequential | null;

  constructor(from: number, to: number) {
    super();
    const stride = from === to ? 1 : 2;
    this.conv1 = new Conv2d(from, to, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(to);
    this.conv2 = new Conv2d(to, to, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(to);
    this.shortcut = from === to ? null : new Sequential(new Conv2d(from, to, 1, { stride, bias: false }), new BatchNorm2d(to));
  }

  override forward(x: Tensor): Tensor {
    const inner = this.bn1.forward(this.conv1.forward(x)).relu();
    const outer = this.bn2.forward(this.conv2.forward(inner));
    return outer.add(this.shortcut ? this.shortcut.forward(x) : x).relu();
  }
}

class ResNet8 extends Module {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;
  readonly blocks: readonly Block[];
  readonly head: Sequential;

  constructor({ channels, classes }: Pick<typeof cnn, 'channels' | 'classes'>) {
    super();
    const [first] = channels as [number];
    this.conv = new Conv2d(3, first, 3, { padding: 1, bias: false });
    this.bn = new BatchNorm2d(first);
    this.blocks = channels.map((to, i) => new Block(channels[i - 1] ?? first, to));
    this.head = new Sequential(new AdaptiveAvgPool2d(1), new Flatten(), new Linear(channels.at(-1)!, classes));
  }

  override forward(x: Tensor): Tensor {
    const features = this.blocks.reduce((y, block) => block.forward(y), this.bn.forward(this.conv.forward(x)).relu());
    return this.head.forward(features);
  }
}

/** Norms start at 1 and 0, kernels spread evenly by √(6 / fan_in), as He et al. advise for ReLU. */
function initial(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const count = shape.reduce((a, b) => a * b, 1);
  if (shape.length === 1) return new Float32Array(count).fill(name.endsWith('weight') ? 1 : 0);
  const bound = Math.fround(Math.sqrt((6 * shape[0]!) / count));
  return filled(name, count).map((x) => x * bound);
}

await servePictures(
  (options: typeof cnn) => new ResNet8(options),
  initial,
  (parameters, { lr, momentum }) => new SGD(parameters, { lr, momentum }),
);
