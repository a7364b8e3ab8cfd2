// What qkv's sides of cnn.ts and vit.ts share: a step of a classifier of pictures, made of one formula's numbers (fill.ts).
import { CrossEntropyLoss, type Module, type Parameter } from '../../src/nn/index.ts';
import type { Optimizer } from '../../src/optim/index.ts';
import { setDefaultDevice, type Tensor, tensor } from '../../src/tensor/index.ts';
import type { Options } from '../harness/question.ts';
import { serve, timed } from '../harness/serve.ts';
import { filled, filledIntegers } from './fill.ts';
import { type Place, runtimeVersion } from './place.ts';

interface Pictures extends Options {
  readonly pictures: number;
  readonly size: number;
  readonly classes: number;
  readonly steps_per_turn: number;
}

/** Serves a model of pictures `[B, 3, size, size]` that gives logits `[B, classes]`; `initial` gives a parameter's first values. */
export async function servePictures<O extends Pictures>(
  makeModel: (options: O) => Module & { forward(x: Tensor): Tensor },
  initial: (name: string, shape: readonly number[]) => Float32Array<ArrayBuffer>,
  makeOptimizer: (parameters: Parameter[], options: O) => Pick<Optimizer<never>, 'step' | 'zeroGrad'>,
): Promise<void> {
  await serve<O & Place>(async (options, threads) => {
    const { pictures, size, classes, steps_per_turn, runtime = 'ort', precision = 'float32', dynamic } = options;
    setDefaultDevice('cpu', { threads, runtime, precision, dynamic });
    const model = makeModel(options);
    for (const [name, parameter] of model.namedParameters()) parameter.load(initial(name, parameter.shape));
    const optimizer = makeOptimizer(model.parameters(), options);
    const lossOf = new CrossEntropyLoss();
    const x = tensor(filled('pictures', pictures * 3 * size * size), { shape: [pictures, 3, size, size] });
    const labels = tensor(filledIntegers('labels', pictures, classes), { dtype: 'int32' });
    const step = async () => {
      const loss = lossOf.forward(model.forward(x), labels);
      loss.backward();
      await optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    };
    const check = [await step(), await step(), await step()];
    const versions = await runtimeVersion(threads, { runtime, precision });
    return { versions, check, run: () => timed(steps_per_turn, step) };
  });
}
