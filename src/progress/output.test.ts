import { expect, it } from 'vitest';
import { isColored, isLive, isUnicode, styles } from './output.ts';

const terminal = { write: () => {}, isTTY: true };
const file = { write: () => {} };

it('redraws on terminals only', () => {
  expect(isLive(terminal, { TERM: 'xterm-256color' })).toBe(true);
  expect(isLive(terminal, { TERM: 'dumb' })).toBe(false);
  expect(isLive(file, { TERM: 'xterm-256color' })).toBe(false);
});

it('colours by NO_COLOR and FORCE_COLOR, else by whether it is a terminal', () => {
  expect(isColored(terminal, {})).toBe(true);
  expect(isColored(file, {})).toBe(false);
  expect(isColored(terminal, { NO_COLOR: '1' })).toBe(false);
  expect(isColored(terminal, { NO_COLOR: '' })).toBe(true);
  expect(isColored(file, { FORCE_COLOR: '1' })).toBe(true);
  expect(isColored(terminal, { FORCE_COLOR: '0' })).toBe(false);
  expect(isColored(file, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true);
});

it('keeps to ASCII on consoles without box characters', () => {
  expect(isUnicode({ TERM: 'xterm' })).toBe(true);
  expect(isUnicode({ TERM: 'linux' })).toBe(false);
  expect(isUnicode({ OS: 'Windows_NT' })).toBe(false);
  expect(isUnicode({ OS: 'Windows_NT', WT_SESSION: 'x' })).toBe(true);
});

it('styles text, or leaves it', () => {
  expect(styles(true).bold('x')).toBe('\x1b[1mx\x1b[22m');
  expect(styles(false).bold('x')).toBe('x');
});
