import type { Progress, ProgressBar } from '../progress/index.ts';
import type { TrainingProgress } from '../tokenizers/index.ts';
import type { FileTexts } from './tokenize-texts.ts';

/**
 * Shows a training's stages one after another, each with a bar; `end` ends the last. While texts are read from a file, nobody
 * knows how many there will be, so the bar is the file's bytes.
 */
export function stageBars(
  progress: Progress,
  label: string,
  texts?: FileTexts,
): { show: (progress: TrainingProgress) => void; end: () => void } {
  let bar: ProgressBar | undefined;
  let shown: string | undefined;
  const end = () => {
    bar?.end();
    bar = undefined;
  };
  return {
    show: ({ stage, done, total }) => {
      const ofFile = stage === 'count words' && texts !== undefined && texts.byteLength !== null;
      const [n, all] = ofFile ? [texts.bytesRead, texts.byteLength] : [done, total];
      if (stage !== shown) {
        end();
        shown = stage;
        const unit = ofFile ? 'bytes' : 'steps';
        bar = progress.start({ label: `${label}: ${stage}`, total: all ?? undefined, unit, leave: false });
      }
      if (bar === undefined) return;
      bar.total = all ?? undefined;
      bar.update(n - bar.n, ofFile ? { texts: done } : {});
    },
    end,
  };
}
