/**
 * Numbers as pictures: functions from plain figures to the text of a standalone SVG file, without a browser or a canvas.
 * Scales and paths are d3's (its pure parts); the look stands in `svg.ts`. Imports core only.
 * A new plot is a file with one function, drawn with `svgDocument`.
 */
export * from './confusion-matrix.ts';
export * from './loss-comparison.ts';
export * from './loss-curve.ts';
