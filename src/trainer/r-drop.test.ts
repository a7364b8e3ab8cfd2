import { describe, expect, it } from 'vitest';
import { DataCollatorWithPadding, Dataset, withMaskedTokens } from '../data/index.ts';
import { AutoModelForSequenceClassification } from '../models/index.ts';
import { functional } from '../nn/index.ts';
import { silentProgress } from '../progress/index.ts';
import { manualSeed, tensor } from '../tensor/index.ts';
import { BertTokenizerFast } from '../tokenizers/index.ts';
import { rDropLoss, twice } from './r-drop.ts';
import { Trainer } from './trainer.ts';

const tokenizer = new BertTokenizerFast(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...'abcdefgh'], {
  model_max_length: 16,
});

const answers = [
  [0.3, -1.2, 2],
  [1, 0, -1],
  [0.1, 0.4, 1.5],
  [-2, 0.5, 0.5],
];
const labels = [2, 0, 2, 0];

function softmax(logits: readonly number[]): number[] {
  const all = logits.map(Math.exp);
  const sum = all.reduce((a, b) => a + b);
  return all.map((one) => one / sum);
}
const divergence = (p: readonly number[], q: readonly number[]) =>
  p.reduce((sum, one, i) => sum + one * Math.log(one / q[i]!), 0);

describe('rDropLoss', () => {
  it("is the paper's: cross entropy and the divergence both ways", async () => {
    const p = answers.map(softmax);
    const crossEntropy = p.reduce((sum, row, i) => sum - Math.log(row[labels[i]!]!) / 4, 0);
    const pairs = [0, 1].map((i) => divergence(p[i]!, p[i + 2]!) + divergence(p[i + 2]!, p[i]!));
    const apart = (pairs[0]! + pairs[1]!) / 2 / 2;
    for (const alpha of [0, 1, 2.5]) {
      const loss = rDropLoss({ alpha })({ logits: tensor(answers) }, tensor(labels, { dtype: 'int32' }));
      expect(await loss.item()).toBeCloseTo(crossEntropy + alpha * apart, 5);
    }
  });

  it('is cross entropy where both answers are the same', async () => {
    const logits = tensor([...answers.slice(0, 2), ...answers.slice(0, 2)]);
    const target = tensor([2, 0, 2, 0], { dtype: 'int32' });
    const loss = rDropLoss({ alpha: 3, label_smoothing: 0.1 })({ logits }, target);
    const want = functional.crossEntropy(logits, target, { label_smoothing: 0.1 });
    expect(await loss.item()).toBeCloseTo(await want.item(), 6);
  });

  it('brings the answers to two noisy readings closer', async () => {
    const distances: number[] = [];
    for (const alpha of [0, 4]) {
      manualSeed(1);
      const model = AutoModelForSequenceClassification.from_config({
        model_type: 'bert',
        vocab_size: 13,
        hidden_size: 32,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        intermediate_size: 64,
        max_position_embeddings: 16,
      });
      const rows = Array.from({ length: 40 }, (_, i) => ({ input_ids: [2, 5 + (i % 8), 5 + ((3 * i) % 8), 3], label: i % 2 }));
      const collate = twice(withMaskedTokens(DataCollatorWithPadding(tokenizer), tokenizer, { probability: 0.3 }));
      let last = 0;
      const trainer = new Trainer({
        model,
        tokenizer,
        train_dataset: Dataset.from_list(rows),
        train_data_collator: collate,
        compute_loss_func: (outputs, target) => {
          last = outputs.logits.shape[0]!;
          return rDropLoss({ alpha })(outputs, target);
        },
        progress: silentProgress,
        args: { max_steps: 60, learning_rate: 5e-3, per_device_train_batch_size: 8, save_strategy: 'no' },
      });
      await trainer.train();
      expect(last).toBe(16);
      const { labels: _, ...inputs } = collate(rows.slice(0, 20));
      model.train();
      const given = (await model
        .forward(inputs as unknown as Parameters<typeof model.forward>[0])
        .logits.softmax(-1)
        .toArray()) as number[][];
      distances.push(given.slice(0, 20).reduce((sum, row, i) => sum + Math.abs(row[0]! - given[i + 20]![0]!), 0));
    }
    expect(distances[1]!).toBeLessThan(0.8 * distances[0]!);
  });

  it('refuses what it cannot mean', () => {
    expect(() => rDropLoss({ alpha: -1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: rDropLoss: alpha is -1; a number of at least 0 is needed.]`,
    );
    const odd = tensor(answers.slice(0, 3));
    expect(() => rDropLoss()({ logits: odd }, tensor([0, 1, 2], { dtype: 'int32' }))).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: rDropLoss: the batch has 3 examples, and each has to be there twice; set the Trainer's train_data_collator to twice(collator).]`,
    );
  });
});
