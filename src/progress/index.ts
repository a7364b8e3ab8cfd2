/**
 * How far a long job has come, shown where there is someone to look: bars on a terminal, plain lines elsewhere, nothing on request.
 * Also the few rules about terminals that this needs (width of text, colours). Imports core only.
 * A new kind of display is a class that implements `Progress`.
 */
export { defaultProgress } from '#progress-default';
export * from './format.ts';
export { LiveProgress, type LiveProgressOptions } from './live.ts';
export { type LoopOptions, type ProgressLoop, progress } from './loop.ts';
export * from './output.ts';
export { PlainProgress, type PlainProgressOptions } from './plain.ts';
export * from './progress.ts';
export * from './text.ts';
