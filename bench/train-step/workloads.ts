import type { Options, Side } from '../harness/question.ts';
import { bertMini, firstToken, lora, maskedWords } from './bert-mini.ts';
import { asTheyCome } from './lengths.ts';

/** One kind of training step. */
export interface NamedWorkload {
  readonly name: string;
  readonly options: Options & { readonly lengths?: readonly number[] };
}

/** Every kind of training step that is measured. */
export const workloads: readonly NamedWorkload[] = [
  { name: 'BERT-mini float32', options: bertMini },
  { name: 'first token read', options: firstToken },
  { name: 'masked words, 30,522', options: maskedWords },
  ...asTheyCome().map((options) => ({ name: `batches of ${options.data}`, options })),
  { name: 'LoRA rank 8', options: lora },
];

/** New processes that train: qkv as installed, and PyTorch. */
export const freshSteps = {
  ours: {
    name: 'qkv',
    script: 'fresh.ts',
    options: {
      program: 'node',
      script: 'train-step/fresh-step.ts',
      needs: 'dist/index.js',
      neededFrom: 'run npm run build',
    },
  },
  peers: [{ name: 'PyTorch eager', script: 'fresh.ts', options: { program: 'python', script: 'train-step/fresh_step.py' } }],
} satisfies { readonly ours: Side; readonly peers: readonly Side[] };
