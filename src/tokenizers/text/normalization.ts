import { notNormalized } from './characters.ts';

/** Unicode's four normalization forms. */
export type NormalizationForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

/**
 * Text in a normalization form, by the tables of Unicode 9.0 as in Hugging Face's library: younger characters stay as they
 * are, whatever the engine knows of them. Takes linear time, where engines take quadratic time for long runs of marks.
 */
export function normalized(text: string, form: NormalizationForm): string {
  const parts = notNormalized.isIn(text) ? text.split(young()) : [text];
  return parts.map((part, i) => (i % 2 === 1 ? part : inForm(part, form))).join('');
}

let youngOnes: RegExp | undefined;

/** Matches, and keeps when splitting, each character that has to stay as it is. */
function young(): RegExp {
  youngOnes ??= new RegExp(`([${notNormalized.pattern}])`, 'gu');
  return youngOnes;
}

function inForm(text: string, form: NormalizationForm): string {
  const result = text.replace(longRun, (run) => sortedMarks(run, form.includes('K') ? 'NFKD' : 'NFD')).normalize(form);
  // Composing may give a young character, which is then taken apart again.
  return form.endsWith('D') || !notNormalized.isIn(result) ? result : result.replace(young(), (one) => one.normalize('NFD'));
}

const longRun = /\p{M}{50,}/gu;

/** A run of marks in canonical order, which leaves the engine nothing to sort. */
function sortedMarks(run: string, form: 'NFD' | 'NFKD'): string {
  const marks = Array.from(run, (mark) => [...mark.normalize(form)]).flat();
  const order = memoized((pair) => (`a${pair}`.normalize('NFD') === `a${pair}` ? 0 : 1));
  // A mark of combining class 240 tells which marks have a class at all: all others move in front of it.
  const moves = memoized((mark) => (mark === '\u0345' ? 1 : order(`\u0345${mark}`)));
  const result: string[] = [];
  for (let from = 0; from < marks.length; ) {
    let to = from;
    while (to < marks.length && moves(marks[to]!) === 1) to++;
    const movable = marks.slice(from, to).sort((a, b) => order(a + b) - order(b + a));
    for (const mark of movable) result.push(mark);
    if (to < marks.length) result.push(marks[to]!);
    from = to + 1;
  }
  return result.join('');
}

function memoized(ask: (key: string) => number): (key: string) => number {
  const answers = new Map<string, number>();
  return (key) => {
    let answer = answers.get(key);
    if (answer === undefined) {
      answer = ask(key);
      answers.set(key, answer);
    }
    return answer;
  };
}
