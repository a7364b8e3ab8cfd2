import type { Options } from '../harness/question.ts';

/**
 * A small residual network on pictures of 32 × 32, one step: forward, backward, SGD with momentum on all 78 thousand parameters.
 *
 * Both sides do exactly this, on 64 pictures of 3 channels:
 *  - a 3 × 3 convolution to 16 channels, batch normalization, ReLU;
 *  - three blocks of 16, 32 and 64 channels: convolution 3 × 3, batch normalization, ReLU, convolution 3 × 3, batch
 *    normalization, the block's input added, ReLU. The second and third block halve the lengths with a stride of 2 in their
 *    first convolution, and in a 1 × 1 convolution with batch normalization for the input that is added;
 *  - the mean over the places, a linear classifier of 10 classes, the mean cross entropy.
 *  - all gradients, the running statistics, SGD with lr 0.01 and momentum 0.9; the loss is read after each step.
 * It is the ResNet-8 of MLPerf Tiny (Banbury et al., 2021, arXiv:2106.07597), without biases in its convolutions.
 * Weights and pictures come from one formula (fill.ts and fill.py), so the losses of the first three steps must agree.
 */
export const cnn = {
  pictures: 64,
  size: 32,
  channels: [16, 32, 64],
  classes: 10,
  lr: 0.01,
  momentum: 0.9,
  steps_per_turn: 5,
} satisfies Options;
