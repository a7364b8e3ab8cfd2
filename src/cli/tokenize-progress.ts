import type { Progress, ProgressBar } from '../progress/index.ts';
import type { TrainingProgress } from '../tokenizers/index.ts';

/** Shows a training's stages one after another, each with a bar; `end` ends the last. */
export function stageBars(progress: Progress, label: string): { show: (progress: TrainingProgress) => void; end: () => void } {
  let bar: ProgressBar | undefined;
  let shown: string | undefined;
  const end = () => {
    bar?.end();
    bar = undefined;
  };
  return {
    show: ({ stage, done, total }) => {
      if (stage !== shown) {
        end();
        shown = stage;
        bar = progress.start({ label: `${label}: ${stage}`, total: total ?? undefined, leave: false });
      }
      if (bar === undefined) return;
      bar.total = total ?? undefined;
      bar.update(done - bar.n);
    },
    end,
  };
}
