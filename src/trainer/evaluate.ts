import { ConfigError } from '../core/index.ts';
import { type DataCollator, DataLoader, type Dataset } from '../data/index.ts';
import type { SequenceClassifier, SequenceClassifierInputs } from '../models/index.ts';
import type { ProgressBar } from '../progress/index.ts';
import { evaluate, noGrad } from '../tensor/index.ts';

/** What a model gave for a data set, example by example in the data set's order. */
export interface EvalPrediction {
  /** The logits, `[K]` each. */
  readonly predictions: readonly Float32Array[];
  /** The labels, or null where the data have none. */
  readonly label_ids: Int32Array | null;
}

/** The same with the mean loss, which is there only with labels. */
export interface Predicted extends EvalPrediction {
  readonly loss: number | null;
}

/**
 * The logits of every example of a data set, with the model switched to evaluation.
 * Examples of like length go together whatever their order, which changes no result but for rounding.
 */
export async function predictAll(
  model: SequenceClassifier,
  dataset: Dataset,
  {
    batch_size,
    collate_fn,
    bar,
    signal,
  }: {
    readonly batch_size: number;
    readonly collate_fn: DataCollator;
    readonly bar?: ProgressBar;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Predicted> {
  if (dataset.length === 0)
    throw new ConfigError('Trainer: the data to evaluate on are empty; at least one example is needed.');
  const rows = byLength(dataset);
  const loader = new DataLoader(dataset.select(rows), { batch_size, collate_fn });
  const predictions = new Array<Float32Array>(dataset.length);
  const labels = new Int32Array(dataset.length);
  let sum = 0;
  let hasLabels = false;
  const wasTraining = model.training;
  model.eval();
  try {
    for (const { indices, batch } of loader.batches()) {
      signal?.throwIfAborted();
      const { logits, loss } = noGrad(() => model.forward(batch as unknown as SequenceClassifierInputs));
      await evaluate(loss ? [logits, loss] : [logits]);
      const data = (await logits.data()) as Float32Array;
      const own = batch.labels ? await batch.labels.data() : null;
      const classes = logits.shape[1]!;
      for (const [i, index] of indices.entries()) {
        predictions[rows[index]!] = data.slice(i * classes, (i + 1) * classes);
        if (own) labels[rows[index]!] = Number(own[i]);
      }
      if (loss) {
        hasLabels = true;
        sum += (await loss.item()) * indices.length;
        loss.dispose();
      }
      logits.dispose();
      for (const input of Object.values(batch)) input.dispose();
      bar?.update(1);
    }
  } finally {
    model.train(wasTraining);
  }
  return { predictions, label_ids: hasLabels ? labels : null, loss: hasLabels ? sum / dataset.length : null };
}

/** The rows from the shortest text to the longest; as they stand where there are no texts. */
function byLength(dataset: Dataset): number[] {
  const rows = Array.from({ length: dataset.length }, (_, row) => row);
  if (!dataset.column_names.includes('input_ids')) return rows;
  const ids = dataset.column('input_ids') as ArrayLike<ArrayLike<number>>;
  return rows.sort((a, b) => ids[a]!.length - ids[b]!.length);
}
