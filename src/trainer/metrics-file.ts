import { appendLine, writeText } from '#run-folder';
import type { TrainerCallback } from './callbacks.ts';

/**
 * A callback that keeps a file with a JSON object a line for each log and evaluation. When a run starts or is resumed the
 * file is cut to what the run has behind it: lines after the checkpoint's were written by a run that was not saved.
 */
export function MetricsFile(path: string): TrainerCallback {
  return {
    on_train_begin: ({ state }) => writeText(path, state.log_history.map((entry) => `${JSON.stringify(entry)}\n`).join('')),
    on_log: ({ logs }) => appendLine(path, JSON.stringify(logs)),
  };
}
