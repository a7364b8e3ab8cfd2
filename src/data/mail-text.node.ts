import { MissingFileError } from '../core/index.ts';
import { withWindows1252 } from '../formats/index.ts';

/** A mail's subject and its body as plain text. */
export interface MailText {
  readonly subject: string;
  readonly body: string;
}

const neededHeader = /^(?:subject|mime-version|content-(?:type|transfer-encoding|disposition)):/i;

/**
 * Parses raw mail (RFC 5322 and MIME: multipart, quoted-printable, base64, character sets). The body is the plain text, or
 * where there is none the HTML's words. All headers but the subject and those that say how the body is written are dropped
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
    const body = isPlain ? text : htmlText(text.trim() === '' ? html : text.replaceAll('\n', '<br>'), Parser);
    return { subject: withWindows1252(subject), body: withWindows1252(body) };
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

/** Elements whose content nobody sees. */
const unseen = new Set(['script', 'style', 'title', 'head', 'noscript', 'template']);
/** Elements that stand in a line; all others break it. */
const inline = new Set(
  'a abbr acronym b bdo big blink code em font i img kbd label mark o:p q s samp small span strike strong sub sup tt u var wbr'.split(
    ' ',
  ),
);

function htmlText(html: string, Parser: typeof import('htmlparser2').Parser): string {
  const parts: string[] = [];
  let hidden = 0;
  const parser = new Parser(
    {
      onopentag(name) {
        if (unseen.has(name)) hidden++;
        else if (!inline.has(name)) parts.push('\n');
      },
      onclosetag(name) {
        if (unseen.has(name)) hidden--;
        else if (!inline.has(name) && name !== 'br') parts.push('\n');
      },
      ontext(text) {
        if (hidden === 0) parts.push(text.replace(/\s+/g, ' '));
      },
    },
    { decodeEntities: true },
  );
  parser.end(html);
  return parts.join('');
}
