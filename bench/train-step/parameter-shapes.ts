import type { Workload } from './workload.ts';

/** The parameters of bert-mini.ts's model with the mean head: names and shapes as in Hugging Face's checkpoints. */
export function parameterShapes(workload: Workload): (readonly [name: string, shape: readonly number[]])[] {
  const { hidden_size: C, intermediate_size: F, num_hidden_layers, num_labels } = workload;
  const linear = (name: string, out: number, into: number) =>
    [
      [`${name}.weight`, [out, into]],
      [`${name}.bias`, [out]],
    ] as const;
  const norm = (name: string) =>
    [
      [`${name}.LayerNorm.weight`, [C]],
      [`${name}.LayerNorm.bias`, [C]],
    ] as const;
  const layers = Array.from({ length: num_hidden_layers }, (_, i) => {
    const layer = `bert.encoder.layer.${i}`;
    return [
      ...['query', 'key', 'value'].flatMap((name) => linear(`${layer}.attention.self.${name}`, C, C)),
      ...linear(`${layer}.attention.output.dense`, C, C),
      ...norm(`${layer}.attention.output`),
      ...linear(`${layer}.intermediate.dense`, F, C),
      ...linear(`${layer}.output.dense`, C, F),
      ...norm(`${layer}.output`),
    ];
  });
  return [
    ['bert.embeddings.word_embeddings.weight', [workload.vocab_size, C]],
    ['bert.embeddings.position_embeddings.weight', [workload.max_position_embeddings, C]],
    ['bert.embeddings.token_type_embeddings.weight', [workload.type_vocab_size, C]],
    ...norm('bert.embeddings'),
    ...layers.flat(),
    ...linear('classifier', num_labels, C),
  ];
}
