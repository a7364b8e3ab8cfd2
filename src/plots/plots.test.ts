import { describe, expect, it } from 'vitest';
import { confusionMatrix } from './confusion-matrix.ts';
import { lossComparison } from './loss-comparison.ts';
import { lossCurve } from './loss-curve.ts';
import { cut, escapeXml, widthOf } from './svg.ts';

interface Node {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: Node[];
  text: string;
}

/** Reads XML strictly enough to fail on a tag left open, a bare `&`, a doubled attribute, or a number that is none. */
function parseSvg(svg: string): Node {
  const root: Node = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const token = /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  while (token.lastIndex < svg.length) {
    const at = token.lastIndex;
    const match = token.exec(svg);
    if (match === null) throw new Error(`not XML at ${at}: ${svg.slice(at, at + 80)}`);
    const [whole, closing, name, attributeText, selfClosing, text] = match;
    if (/&(?!(amp|lt|gt|quot|#39);)/.test(whole)) throw new Error(`a bare & in ${whole}`);
    const parent = open.at(-1)!;
    if (text !== undefined) parent.text += text;
    else if (closing === '/') {
      if (open.pop()!.name !== name) throw new Error(`</${name}> closes nothing`);
    } else {
      const attributes: Record<string, string> = {};
      for (const [, key, value] of attributeText!.matchAll(/ ([\w:-]+)="([^"]*)"/g)) {
        if (key! in attributes) throw new Error(`${key} twice in ${whole}`);
        if (/NaN|undefined|Infinity/.test(value!)) throw new Error(`${key}="${value}" in ${whole}`);
        attributes[key!] = value!;
      }
      const node: Node = { name: name!, attributes, children: [], text: '' };
      parent.children.push(node);
      if (selfClosing !== '/') open.push(node);
    }
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('not one closed element');
  return root.children[0]!;
}

const all = (node: Node, name: string): Node[] => [
  ...node.children.filter((child) => child.name === name),
  ...node.children.flatMap((child) => all(child, name)),
];
const ofClass = (node: Node, name: string, className: string) =>
  all(node, name).filter((each) => each.attributes.class === className);
const texts = (node: Node) => all(node, 'text').map((each) => each.text);
/** How many separate lines a path draws. */
const strokes = (node: Node | undefined) => (node?.attributes.d?.match(/M/g) ?? []).length;

/** A falling, wobbling loss. */
const steps = Array.from({ length: 120 }, (_, i) => (i + 1) * 10);
const loss = steps.map((step, i) => 0.1 + 0.6 * Math.exp(-step / 300) + 0.05 * Math.sin(i * 2.4));

describe('lossCurve', () => {
  it('draws the logged values, a smooth line, held-out points and the learning rate', () => {
    const svg = parseSvg(
      lossCurve({
        steps: Float64Array.from(steps),
        loss,
        evalSteps: [400, 800, 1200],
        evalLoss: [0.3, 0.2, 0.15],
        learningRate: steps.map((step) => 5e-4 * (1 - step / 1200)),
        title: 'Loss of <b>리뷰</b> & more',
        subtitle: 'bert-mini "quoted"',
      }),
    );
    expect(svg.name).toBe('svg');
    expect(svg.attributes).toMatchObject({ xmlns: 'http://www.w3.org/2000/svg', role: 'img' });
    expect(svg.children.map((child) => child.name).slice(0, 3)).toEqual(['title', 'desc', 'rect']);
    expect(all(svg, 'title')[0]!.text).toBe('Loss of &lt;b&gt;리뷰&lt;/b&gt; &amp; more');
    expect(all(svg, 'desc')[0]!.text).toBe(
      'Training loss from 0.6803 at step 10 to 0.125 at step 1200. Held-out loss from 0.3 at step 400 to 0.15 at step 1200.',
    );
    expect(texts(svg)).toMatchInlineSnapshot(`
      [
        "Loss of &lt;b&gt;리뷰&lt;/b&gt; &amp; more",
        "bert-mini &quot;quoted&quot;",
        "0.0",
        "0.1",
        "0.2",
        "0.3",
        "0.4",
        "0.5",
        "0.6",
        "0.7",
        "0",
        "200",
        "400",
        "600",
        "800",
        "1,000",
        "1,200",
        "step",
        "loss (nats)",
        "4.96e-4",
        "0",
        "learning rate",
        "held-out",
        "training",
      ]
    `);
    for (const name of ['logged', 'smooth', 'evaluation', 'rate']) expect(strokes(ofClass(svg, 'path', name)[0]), name).toBe(1);
    expect(all(svg, 'circle')).toHaveLength(4);
  });

  it('smooths: the strong line turns far less than the faint one', () => {
    const svg = parseSvg(lossCurve({ steps, loss }));
    const turns = (className: string) => {
      const ys = [...ofClass(svg, 'path', className)[0]!.attributes.d!.matchAll(/,([\d.]+)/g)].map(([, y]) => Number(y));
      return ys.filter((y, i) => i > 1 && Math.sign(y - ys[i - 1]!) !== Math.sign(ys[i - 1]! - ys[i - 2]!)).length;
    };
    expect(turns('logged')).toBeGreaterThan(60);
    expect(turns('smooth')).toBeLessThan(turns('logged') / 2);
  });

  it('leaves gaps where the loss was not a number, and marks a value that stands alone', () => {
    const broken = loss.map((value, i) => (i === 50 ? Number.NaN : i === 80 || i === 82 ? Number.POSITIVE_INFINITY : value));
    const text = lossCurve({ steps, loss: broken });
    const svg = parseSvg(text);
    expect(strokes(ofClass(svg, 'path', 'logged')[0])).toBe(4);
    expect(strokes(ofClass(svg, 'path', 'smooth')[0])).toBe(4);
    expect(ofClass(svg, 'circle', 'alone')).toHaveLength(1);
    expect(all(svg, 'desc')[0]!.text).toContain('with 3 values that are not finite');
  });

  it('changes to a logarithmic axis where the values span many powers of ten', () => {
    const svg = parseSvg(lossCurve({ steps, loss: loss.map((value, i) => value * 10 ** Math.max(0, 12 - i)) }));
    expect(texts(svg)).toContain('loss (nats, log scale)');
    expect(texts(svg)).toContain('1e4');
  });

  it('writes large and small values short enough for the margin', () => {
    const scaled = (factor: number) => texts(parseSvg(lossCurve({ steps, loss: loss.map((value) => value * factor) })));
    expect(scaled(1e9)).toContain('600M');
    expect(scaled(1e-7)).toContain('6e-8');
    expect(scaled(1)).toContain('loss (nats)');
  });

  it('draws one point, no point, equal values, negative values, and values that are never numbers', () => {
    const one = parseSvg(lossCurve({ steps: [10], loss: [0.6] }));
    expect(ofClass(one, 'circle', 'alone')).toHaveLength(1);
    expect(ofClass(one, 'path', 'smooth')).toHaveLength(0);
    expect(texts(parseSvg(lossCurve({ steps: [], loss: [] })))).toContain('no values');
    expect(texts(parseSvg(lossCurve({ steps: [1, 2], loss: [Number.NaN, Number.NaN] })))).toContain('no values');
    for (const values of [
      [0, 0],
      [2, 2],
      [-3, -1],
      [-5, 5],
    ]) {
      expect(strokes(ofClass(parseSvg(lossCurve({ steps: [1, 2], loss: values })), 'path', 'smooth')[0])).toBe(1);
    }
    parseSvg(lossCurve({ steps: [0], loss: [0], learningRate: [0] }));
  });

  it('keeps the file small for long runs, and still shows each spike', () => {
    const many = Array.from({ length: 200_000 }, (_, i) => i + 1);
    const values = many.map((step) => (step === 123_457 ? 40 : 2 + Math.sin(step)));
    const text = lossCurve({ steps: many, loss: values });
    expect(text.length).toBeLessThan(60_000);
    const ys = [...ofClass(parseSvg(text), 'path', 'logged')[0]!.attributes.d!.matchAll(/,([\d.]+)/g)].map(([, y]) =>
      Number(y),
    );
    expect(Math.min(...ys)).toBeCloseTo(74, 0);
  });

  it('refuses steps without values', () => {
    expect(() => lossCurve({ steps: [1, 2], loss: [1] })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: lossCurve: loss has 1 values for 2 steps; each step needs one.]`,
    );
    expect(() => lossCurve({ steps: [1], loss: [1], evalSteps: [1] })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: lossCurve: evalLoss has 0 values for 1 steps; each step needs one.]`,
    );
  });
});

describe('confusionMatrix', () => {
  const counts = [
    [612, 3],
    [5, 123],
  ];

  it('says each count and its share of the row', () => {
    const svg = parseSvg(confusionMatrix({ labels: ['ham', '스팸 & <co>'], counts, subtitle: 'held-out mails' }));
    expect(texts(svg)).toMatchInlineSnapshot(`
      [
        "Confusion matrix",
        "held-out mails",
        "predicted class",
        "true class",
        "ham",
        "ham",
        "스팸 &amp; &lt;co&gt;",
        "스팸 &amp; &lt;co&gt;",
        "735 of 743 right (98.9%); percentages are of each row",
        "612",
        "99.5%",
        "3",
        "0.5%",
        "5",
        "3.9%",
        "123",
        "96.1%",
      ]
    `);
    expect(all(svg, 'desc')[0]!.text).toBe(
      '735 of 743 right (98.9%); percentages are of each row. ham: 612 of 615 right. 스팸 &amp; &lt;co&gt;: 123 of 128 right.',
    );
    const cells = ofClass(svg, 'g', 'cell');
    expect(cells.map((cell) => all(cell, 'title')[0]!.text)).toEqual([
      'ham predicted as ham: 612, 99.5%',
      'ham predicted as 스팸 &amp; &lt;co&gt;: 3, 0.5%',
      '스팸 &amp; &lt;co&gt; predicted as ham: 5, 3.9%',
      '스팸 &amp; &lt;co&gt; predicted as 스팸 &amp; &lt;co&gt;: 123, 96.1%',
    ]);
    const fills = cells.map((cell) => all(cell, 'rect')[0]!.attributes.fill);
    expect(new Set(fills).size).toBe(4);
  });

  it('draws one class, a class without examples, and shares that are almost all or nothing', () => {
    expect(texts(parseSvg(confusionMatrix({ labels: ['only'], counts: [[12_345_678]] })))).toContain('12,345,678');
    const none = texts(
      parseSvg(
        confusionMatrix({
          labels: ['a', 'b'],
          counts: [
            [4, 0],
            [0, 0],
          ],
        }),
      ),
    );
    expect(none.filter((text) => text === '100%')).toHaveLength(1);
    expect(none.filter((text) => text === '0%')).toHaveLength(1);
    const close = texts(
      parseSvg(
        confusionMatrix({
          labels: ['a', 'b'],
          counts: [
            [99_999, 1],
            [0, 1],
          ],
        }),
      ),
    );
    expect(close).toEqual(expect.arrayContaining(['>99.9%', '<0.1%'].map(escapeXml)));
    parseSvg(confusionMatrix({ labels: ['a'], counts: [new Uint32Array([0])] }));
  });

  it('stays within its frame, with names cut or turned, for any number of classes', () => {
    for (const n of [2, 5, 11, 25, 60]) {
      const labels = Array.from({ length: n }, (_, i) =>
        i === 1 ? '아주 아주 긴 이름을 가진 분류 항목이며 끝이 없다' : `class number ${i}`,
      );
      const svg = parseSvg(
        confusionMatrix({ labels, counts: labels.map((_, i) => labels.map((_, j) => (i === j ? 5 : (i + j) % 3))) }),
      );
      const [width, height] = [Number(svg.attributes.width), Number(svg.attributes.height)];
      for (const { attributes, text } of all(svg, 'text')) {
        const size = Number(attributes['font-size'] ?? 13);
        const anchor = attributes['text-anchor'];
        const wide = widthOf(text, size);
        const x = Number(attributes.x) - (anchor === 'end' ? wide : anchor === 'middle' ? wide / 2 : 0);
        if (attributes.transform === undefined) {
          expect(x, text).toBeGreaterThanOrEqual(0);
          expect(x + wide, text).toBeLessThanOrEqual(width);
        } else if (attributes.transform.startsWith('rotate(-45')) {
          expect(x + wide * 0.71, text).toBeLessThanOrEqual(width);
          expect(Number(attributes.y) - wide * 0.71, text).toBeGreaterThan(60);
        }
        expect(Number(attributes.y), text).toBeLessThan(height);
      }
    }
  });

  it('refuses counts that are not a square for the labels', () => {
    const matrix = (labels: string[], table: number[][]) => () => confusionMatrix({ labels, counts: table });
    expect(matrix(['a', 'b'], [[1, 2]])).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: confusionMatrix: counts is [1, 2] for 2 labels; it must have a row and a column for each.]`,
    );
    expect(matrix(['a', 'b'], [[1, 2], [1]])).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: confusionMatrix: counts is [2, 2 or 1] for 2 labels; it must have a row and a column for each.]`,
    );
    expect(matrix([], [])).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: confusionMatrix: labels is empty; at least one class is needed.]`,
    );
  });
});

describe('svg text', () => {
  it('escapes markup and replaces what XML forbids', () => {
    expect(escapeXml(`<a href="x">'&`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;');
    expect(escapeXml('a\u0000b\u001bc\td\ne')).toBe('a\uFFFDb\uFFFDc\td\ne');
    expect(escapeXml('lone \uD83D half, whole 😀, \uFFFE')).toBe('lone \uFFFD half, whole 😀, \uFFFD');
  });

  it('cuts names to a width, between characters', () => {
    expect(cut('short', 100, 13)).toBe('short');
    expect(cut('아주 긴 이름을 가진 분류', 80, 13)).toBe('아주 긴…');
  });
});

describe('lossComparison', () => {
  const steps = [10, 20, 30];
  const series = [
    {
      name: 'float32',
      runs: [
        { steps, loss: [0.7, 0.5, 0.4] },
        { steps, loss: [0.7, 0.52, 0.39] },
      ],
    },
    { name: 'bf16', runs: [{ steps, loss: [0.7, Number.NaN, 0.41] }] },
  ];

  it('draws each run in the colour of its way of training, and names the ways', () => {
    const text = lossComparison({ series, title: 'Two precisions', subtitle: 'one seed' });
    const svg = parseSvg(text);
    expect(text.match(/class="run"/g)).toHaveLength(3);
    expect(new Set(Array.from(text.matchAll(/class="run"[^>]*stroke="(#\w+)"/g), ([, colour]) => colour)).size).toBe(2);
    expect(texts(svg)).toEqual(expect.arrayContaining(['Two precisions', 'one seed', 'float32', 'bf16', 'step']));
    expect(text).toContain('float32: 2 runs, last losses 0.4, 0.39. bf16: 1 run, last losses 0.41.');
  });

  it('refuses what it cannot tell apart, or has no steps for', () => {
    expect(() => lossComparison({ series: [] })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: lossComparison: there are 0 series; one to 3 can be told apart by their colours.]`,
    );
    expect(() => lossComparison({ series: [{ name: 'a', runs: [{ steps, loss: [1] }] }] })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: lossComparison: a has 1 values for 3 steps; each step needs one.]`,
    );
  });
});
