/** The text classification job: from examples to a finished folder. */
export { type Example, type ExampleSource, type Examples, type SplitName, splitNames } from './examples.ts';
export { type JobContext, type TextClassifierJob, type TextClassifierResult, trainTextClassifier } from './job.ts';
export type { Environment, RunReport } from './report.ts';
export type { ClassScores, Scores } from './scores.ts';
export type { GivenSettings, ModelChoice } from './settings.ts';
