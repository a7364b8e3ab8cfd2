/**
 * What is taken out of a mail before it becomes an example, because it tells where and when the mail was collected and not
 * what it says. A classifier that learns these scores higher on this corpus and worse on anyone's mailbox.
 */

/** List names before the subject, as in `Re: [ILUG] kernel`: the corpus's ham comes from a few lists, its spam mostly not. */
const subjectTag = /^((?:(?:re|fwd?|aw|sv)\s*:\s*)*)(?:\[[^\]]{1,40}\]\s*)+/i;

/** Lines that a list server or a webmail host adds. Quoted ones (`> `) count too. */
const serverLines = [
  /mailman\/listinfo|lists?\.sourceforge\.net|listman\.redhat\.com|lists\.freshrpms\.net|linux\.ie|xent\.com/i,
  /^.{0,60}\bmailing list\b.{0,60}$/i,
  /^list maintainer:/i,
  /(?:un)?subscribe@|-request@|@redhat\.com|@lists?\.|egroups\.com|yahoo! groups|docs\.yahoo\.com\/info\/terms|us\.click\.yahoo\.com/i,
  /^to unsubscribe from this group, send/i,
  // What the corpus's news feeds begin with.
  /^(?:url|date):\s/i,
  // Header lines quoted in forwarded mails and digests.
  /^(?:from|to|cc|sent|received|message-id|reply-to|return-path|delivered-to|list-[\w-]+|x-[\w-]+|mime-version|content-[\w-]+):\s/i,
  /^-{2,}\s*(?:original message|forwarded by|forwarded message).*$/i,
];

/** What a list server, a webmail host or the sender's own mail program puts in as a block: adverts and signatures. */
const blockStarts = [/this sf\.net email is sponsored by/i, /yahoo! groups sponsor/i, /^--\s*$/];
const maxBlockLines = 12;

/** Rulers of underscores, dashes, equals signs and tildes, which frame signatures and list footers. */
const ruler = /^[\s_=~*#+|<>-]{8,}$/;

/** The corpus's own: anonymized hosts and names, its spam traps' marks, the source of its news feeds. */
const corpusMarks = /\S*(?:taint\.org|netnoteinc|deathtospam|newsisfree\.com|\b(?:z{4}|y{4}))\S*/gi;

const pgp = /-----BEGIN PGP SIGNATURE-----[\s\S]*?(?:-----END PGP SIGNATURE-----|$)/g;
const pgpHead = /-----BEGIN PGP SIGNED MESSAGE-----\s*(?:Hash: \w+\s*)?/g;
/** Inline base64 or uuencode: no words. */
const encodedLine = /^[A-Za-z0-9+/=]{60,}$|^M[\x20-\x60]{60}$/;

const weekday = '(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*';
const month = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*';
/** Dates as mail programs write them, with what belongs to them: all mails of one class were collected in a few weeks. */
const dates = new RegExp(
  `(?:\\b${weekday}\\.?,?\\s+)?(?:\\b\\d{1,2}(?:st|nd|rd|th)?[\\s-]${month}\\.?,?[\\s-]\\d{4}|\\b${month}\\.?\\s+\\d{1,2}(?:st|nd|rd|th)?,?\\s+\\d{4})` +
    `(?:,?\\s+(?:at\\s+)?\\d{1,2}:\\d{2}(?::\\d{2})?(?:\\s*[ap]m)?)?(?:\\s*[+-]\\d{4})?(?:\\s*\\([a-z]{2,5}\\))?|\\b(?:19|20)\\d\\d-\\d\\d-\\d\\d(?:[t ]\\d\\d:\\d\\d(?::\\d\\d)?)?|\\b200[0-9]\\b`,
  'gi',
);

/** A mail's subject and plain text as one text, without traces of its collection. */
export function withoutTraces(subject: string, body: string): string {
  const title = subject.replace(/\s+/g, ' ').trim().replace(subjectTag, '$1').replace(dates, ' ').replace(corpusMarks, ' ');
  const lines = body.replace(/\r\n?/g, '\n').replace(pgp, '\n').replace(pgpHead, '').split('\n');
  const kept: string[] = [];
  let blockLines = 0;
  for (const line of lines) {
    const bare = line.replace(/^[\s>|]+/, '').trimEnd();
    if (bare === '' || ruler.test(bare) || blockLines >= maxBlockLines) blockLines = 0;
    if (blockLines > 0 || blockStarts.some((pattern) => pattern.test(bare))) blockLines++;
    else if (!ruler.test(bare) && !encodedLine.test(line) && !serverLines.some((pattern) => pattern.test(bare)))
      kept.push(line);
  }
  const text = kept.join('\n').replace(dates, ' ').replace(corpusMarks, ' ');
  return `${title}\n\n${text}`
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
