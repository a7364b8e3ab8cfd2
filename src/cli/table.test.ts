import { expect, it } from 'vitest';
import { textWidth } from '../core/index.ts';
import { formatTable } from './table.ts';

const columns = [{ head: 'class' }, { head: 'F1', align: 'right' }, { head: 'mails', align: 'right' }] as const;

it('aligns cells, wide characters included', () => {
  expect(
    formatTable(columns, [['긍정', '0.981', '1200'], ['negative', '0.7', '80'], null, ['mean', '0.84', '']]),
  ).toMatchInlineSnapshot(`
    "class        F1  mails
    ──────────────────────
    긍정      0.981   1200
    negative    0.7     80
    ──────────────────────
    mean       0.84
    "
  `);
});

it('cuts the widest text column to the width there is, never a number', () => {
  const rows = [
    ['아주 긴 이름을 가진 분류 항목', '0.981', '1200'],
    ['short', '0.7', '80'],
  ];
  const table = formatTable(columns, rows, { width: 28 });
  expect(table).toMatchInlineSnapshot(`
    "class              F1  mails
    ────────────────────────────
    아주 긴 이름…   0.981   1200
    short             0.7     80
    "
  `);
  for (const line of table.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(28);
  expect(formatTable(columns, rows, { width: 5 })).toContain('0.981');
});

it('keeps to ASCII and adds colour where it is told', () => {
  expect(formatTable(columns, [['a', '1', '2']], { unicode: false })).not.toMatch(/[^\n -~]/);
  expect(formatTable(columns, [['a', '1', '2']], { colored: true })).toContain('\u001b[1mclass');
});

it('draws a head without rows', () => {
  expect(formatTable(columns, [])).toMatchInlineSnapshot(`
    "class  F1  mails
    ────────────────
    "
  `);
});
