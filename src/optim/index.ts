/**
 * Optimizers, learning-rate schedules, gradient clipping and averages of weights, named as in PyTorch and Hugging Face.
 * May import core and tensor. A new optimizer is a class with the shapes of its state, the numbers of a step and one update
 * formula; a new schedule is one declaration in `schedules/`.
 */
export * from './adafactor.ts';
export * from './adagrad.ts';
export * from './adam.ts';
export * from './average.ts';
export * from './clip.ts';
export * from './lion.ts';
export * from './optimizer.ts';
export * from './rmsprop.ts';
export * from './schedules/get-scheduler.ts';
export type { Scheduled, Scheduler, SchedulerState } from './schedules/scheduler.ts';
export * from './sgd.ts';
export type { Scalars, StateArray, UpdateInputs, UpdateResult } from './update.ts';
