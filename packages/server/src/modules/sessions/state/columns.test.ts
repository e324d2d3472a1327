import { expect, it } from 'vitest';
import { derivedColumns, listedColumns, originColumns, storedColumns } from './columns.ts';
import { selectSessions } from './load.ts';

it('each column is written once, and each name on the wire has one field', () => {
  const names = [storedColumns, originColumns].flatMap((columns) =>
    Object.values(columns).flatMap((column) => ('derived' in column ? [] : [column.name])),
  );
  const written = [...names, ...derivedColumns.map(({ name }) => name)];
  expect(new Set(written).size).toBe(written.length);
  const shown = Object.values(listedColumns).flatMap((column) => ('wire' in column ? [column.wire] : []));
  expect(new Set(shown).size).toBe(shown.length);
});

it('lists do not read what can be large', () => {
  expect(selectSessions(storedColumns)).toContain(`'stands', s.bot_state`);
  expect(selectSessions(listedColumns)).not.toContain('bot_state');
  expect(selectSessions(listedColumns)).toContain('s.unread as "unread"');
});
