/** Layers, named as in PyTorch: a class of plain parameter fields each, one file per family; the maths is in `functional/`. */
export * from './activations.ts';
export * from './attention.ts';
export * from './channel-norms.ts';
export * from './convolution.ts';
export * from './dropout.ts';
export * from './embedding.ts';
export * from './linear.ts';
export * from './norms.ts';
export * from './pooling.ts';
export * from './recurrent.ts';
export * from './shapes.ts';
export * from './transformer.ts';
