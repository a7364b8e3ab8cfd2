import { MissingFileError } from '../core/index.ts';
import { withWindows1252 } from '../formats/index.ts';

/** A mail's subject and its body as plain text. */
export interface MailText {
  readonly subject: string;
  readonly body: string;
  /** The body's words alone: without what stands in it for pictures and for the sites behind links. */
  readonly words: string;
}

const neededHeader = /^(?:subject|mime-version|content-(?:type|transfer-encoding|disposition)):/i;

/**
 * Parses raw mail (RFC 5322 and MIME: multipart, quoted-printable, base64, character sets). The body is the plain text, or
 * where there is none the HTML as a browser of texts shows it: `[image]`, or what the picture is said to show, for a picture,
 * and `words <site>` for a link. All headers but the subject and those that say how the body is written are dropped
 * before parsing.
 */
export async function makeMailParser(): Promise<(raw: Uint8Array) => Promise<MailText>> {
  const [{ default: PostalMime }, { Parser }] = await Promise.all([import('postal-mime'), import('htmlparser2')]).catch(
    (cause) => {
      throw new MissingFileError(
        `loadSpamAssassin: the packages that read mail are not installed; run: npm install postal-mime htmlparser2`,
        { cause },
      );
    },
  );
  return async (raw) => {
    const { subject = '', text = '', html = '' } = await PostalMime.parse(withoutHeaders(raw));
    const isPlain = text.trim() !== '' && !looksLikeHtml.test(text);
    const shown = isPlain
      ? { body: text, words: text }
      : htmlText(text.trim() === '' ? html : text.replaceAll('\n', '<br>'), Parser);
    return {
      subject: withWindows1252(subject),
      body: withWindows1252(shown.body),
      words: withWindows1252(shown.words),
    };
  };
}

/** The mail with only the headers that its subject and body need. */
function withoutHeaders(raw: Uint8Array): Uint8Array {
  const latin1 = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1');
  const end = /\r?\n\r?\n/.exec(latin1);
  const head = end ? latin1.slice(0, end.index) : latin1;
  const fields = head.split(/\r?\n(?![ \t])/).filter((field) => neededHeader.test(field));
  return Buffer.from(`${fields.join('\n')}\n\n${end ? latin1.slice(end.index + end[0].length) : ''}`, 'latin1');
}

/** HTML that a mail declares as plain text, as many spam programs of the time did. */
const looksLikeHtml = /<\/?(?:html|body|font|table|br|script)\b/i;

/** Elements whose content nobody sees. Not `head`: where it is left open, what follows it is shown all the same. */
const unseen = new Set(['script', 'style', 'title', 'noscript', 'template']);
/** Elements that stand in a line; all others break it. */
const inline = new Set(
  'a abbr acronym b bdo big blink code em font i img kbd label mark o:p q s samp small span strike strong sub sup tt u var wbr'.split(
    ' ',
  ),
);

function htmlText(html: string, Parser: typeof import('htmlparser2').Parser): Pick<MailText, 'body' | 'words'> {
  const body: string[] = [];
  const words: string[] = [];
  const sites: string[] = [];
  let hidden = 0;
  const add = (text: string) => {
    body.push(text);
    words.push(text);
  };
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (unseen.has(name)) hidden++;
        else if (!inline.has(name)) add('\n');
        else if (name === 'img' && hidden === 0) body.push(picture(attributes));
        if (name === 'a') sites.push(siteOf(attributes.href));
      },
      onclosetag(name) {
        if (unseen.has(name)) hidden--;
        else if (!inline.has(name) && name !== 'br') add('\n');
        const site = name === 'a' ? sites.pop() : undefined;
        if (site && hidden === 0) body.push(` <${site}>`);
      },
      ontext(text) {
        if (hidden === 0) add(text.replace(/\s+/g, ' '));
      },
    },
    { decodeEntities: true },
  );
  parser.end(html);
  return { body: body.join(''), words: words.join('') };
}

/** What stands for a picture; nothing for one that nobody sees, which only tells its sender that the mail was read. */
function picture({ alt = '', width = '', height = '' }: Record<string, string>): string {
  const isDot = /^[01](?:px)?$/.test(width.trim()) || /^[01](?:px)?$/.test(height.trim());
  return isDot ? '' : ` [${alt.trim() || 'image'}] `;
}

/** The host of a link; nothing for links to anything but a site. */
function siteOf(href = ''): string {
  return /^\s*https?:\/\/(?:[^/?#]*@)?([^/?#:\s]+)/i.exec(href)?.[1] ?? '';
}
