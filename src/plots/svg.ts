import { graphemesOf, textWidth } from '../core/index.ts';

/** The look that all plots share. Colours are of Okabe and Ito's palette, which people with colour blindness tell apart. */
export const theme = {
  font: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans KR', 'Apple SD Gothic Neo', 'Malgun Gothic', sans-serif",
  background: '#ffffff',
  ink: '#1f2933',
  soft: '#5b6770',
  grid: '#e6e9ec',
  axis: '#9aa5ae',
  blue: '#0072b2',
  orange: '#d55e00',
  green: '#009e73',
} as const;

/** Attributes of an element; those that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element with its attributes escaped. `children` is markup and is not. */
export function element(name: string, attributes: Attributes, children = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(typeof value === 'number' ? round(value) : String(value))}"`)
    .join('');
  return children === '' ? `<${name}${written}/>` : `<${name}${written}>${children}</${name}>`;
}

/** A text element; its text is escaped. */
export function label(text: string, x: number, y: number, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeXml(text));
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

// What XML 1.0 does not allow even as an entity: control characters other than white space, and halves of surrogate pairs.
const forbidden = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]/gu;

/** Text as it may stand in XML: markup escaped, characters that XML forbids replaced. */
export function escapeXml(text: string): string {
  return text.replace(forbidden, '\uFFFD').replace(/[&<>"']/g, (mark) => entities[mark]!);
}

/** A coordinate with two decimals: what an eye can tell, at half the bytes. */
export function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** About how wide a text will be, in pixels. Nothing measures fonts here; a Latin letter is taken as 0.56 of its size, a wide one as 1. */
export function widthOf(text: string, size: number): number {
  return textWidth(text) * size * 0.56;
}

/** The text cut to about `width` pixels. */
export function cut(text: string, width: number, size: number): string {
  if (widthOf(text, size) <= width) return text;
  let kept = '';
  for (const character of graphemesOf(text)) {
    if (widthOf(`${kept}${character}…`, size) > width) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

/** What a picture is called and shows, for those who cannot see it. */
export interface Described {
  readonly title: string;
  readonly description: string;
}

/** A standalone SVG document of the given size in pixels. */
export function svgDocument(
  width: number,
  height: number,
  { title, description }: Described,
  children: readonly string[],
): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${round(width)} ${round(height)}`,
    width,
    height,
    role: 'img',
    'aria-label': title,
    'font-family': theme.font,
    'font-size': 13,
    fill: theme.ink,
  };
  const content = [
    element('title', {}, escapeXml(title)),
    element('desc', {}, escapeXml(description)),
    element('rect', { width, height, fill: theme.background }),
    ...children,
  ];
  return `${element('svg', attributes, `\n${content.join('\n')}\n`)}\n`;
}
