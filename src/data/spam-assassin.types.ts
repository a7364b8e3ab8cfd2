import type { DatasetDict } from './dataset-dict.ts';

/** One mail: the corpus's name for it, its text, and 0 for ham or 1 for spam. */
export interface MailRow {
  id: string;
  text: string;
  label: number;
}

/** What happened on the way from the corpus to the splits. */
export interface SpamAssassinSummary {
  /** Mails in the corpus. */
  mails: number;
  /** Mails that cannot be parsed, and mails without a word left. */
  unparsable: number;
  empty: number;
  /** Mails dropped as copies but for case, punctuation and digits; and as copies in at least nine of ten three-word runs. */
  exact_copies: number;
  near_copies: number;
  /** Mails dropped since the same text stands among ham and spam. */
  contradictions: number;
  /** Groups of mails that are alike in half of their three-word runs or more, and so stay on one side. */
  groups: number;
  /** Mails per split and class. */
  splits: Record<'train' | 'validation' | 'test', { ham: number; spam: number }>;
  /** SHA-256 over ids, labels and texts of all splits. */
  data_hash: string;
}

/** The prepared corpus. */
export interface SpamAssassin {
  readonly dataset: DatasetDict<MailRow, 'train' | 'validation' | 'test'>;
  readonly summary: SpamAssassinSummary;
}

/** What `loadSpamAssassin` takes. */
export interface SpamAssassinOptions {
  /** Another seed gives another split; default 0. */
  seed?: number;
  signal?: AbortSignal;
  /** Called now and then with mails read so far and in all. */
  onProgress?: (done: number, total: number) => void;
}
