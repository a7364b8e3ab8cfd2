/**
 * Initial values: each function gives a tensor of a shape, as data, its numbers drawn from the seed of `manualSeed`. Named after
 * torch.nn.init. A parameter takes them by `parameter.reset(init.orthogonal(parameter.shape))`.
 */
export * from './init/distributions.ts';
export { isSkippingInit, skipInit } from './init/filled.ts';
export * from './init/layers.ts';
export * from './init/matrices.ts';
