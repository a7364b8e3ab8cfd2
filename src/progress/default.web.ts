import { PlainProgress } from './plain.ts';
import type { Progress } from './progress.ts';

let shared: Progress | undefined;

/** Where progress goes unless told: in a browser, lines on the console. */
export function defaultProgress(): Progress {
  shared ??= new PlainProgress({ write: (text) => console.info(text.trimEnd()) });
  return shared;
}
