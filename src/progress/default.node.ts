import { LiveProgress } from './live.ts';
import { isColored, isLive, isUnicode } from './output.ts';
import { PlainProgress } from './plain.ts';
import type { Progress } from './progress.ts';

let shared: Progress | undefined;

/**
 * Where progress goes unless told: the standard error output, so that results can be piped on.
 * Redrawn in place on a terminal, plain lines elsewhere. In a browser: lines on the console.
 */
export function defaultProgress(): Progress {
  shared ??= isLive(process.stderr, process.env)
    ? new LiveProgress(process.stderr, {
        colored: isColored(process.stderr, process.env),
        unicode: isUnicode(process.env),
        beside: isLive(process.stdout, process.env) ? [process.stdout] : [],
      })
    : new PlainProgress(process.stderr);
  return shared;
}
