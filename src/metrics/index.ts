/**
 * Metrics: predictions and references in, scores out; and the simple classifiers that a score has to be compared with.
 * Imports core; knows no tensors. To add a metric: `defineMetric` in the file of its task, with golden numbers from the
 * reference implementation in `test/golden/metrics`.
 */
export * from './baselines/linear-text-classifier.ts';
export * from './bootstrap.ts';
export * from './classification.ts';
export * from './define-metric.ts';
