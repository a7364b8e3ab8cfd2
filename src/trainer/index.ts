/**
 * The training loop with its callbacks and checkpoints, and the jobs that are made of it.
 * May import core, tensor, nn, optim, formats, hub, tokenizers, metrics, progress, plots, data and models; what touches a
 * disk stands in `run-folder.node.ts`. A new training option is a row in `training-args.ts` and the place that honours it.
 */
export * from './callbacks.ts';
export { checkpointSteps, get_last_checkpoint } from './checkpoints.ts';
export type { EvalPrediction } from './evaluate.ts';
export * from './metrics-file.ts';
export * from './r-drop.ts';
export * from './text-classification/index.ts';
export * from './trainer.ts';
export * from './training-args.ts';
export type { ComputeLoss } from './training-run.ts';
