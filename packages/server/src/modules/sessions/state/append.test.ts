import { expect, it } from 'vitest';
import { appendStatement, groupStatement, type Counts } from './append-text.ts';
import type { HotSession } from './session.ts';
import { stepColumns, type StepColumn } from './written-columns.ts';

const nothing: Counts = {
  messages: 0,
  events: 0,
  due: 0,
  deliveries: 0,
  facts: 0,
  traces: 0,
  change: null,
  seat: false,
};
/** More columns than a number has bits, with types enough for two columns to differ in theirs alone. */
const many = Array.from({ length: 70 }, (_, at): StepColumn => ({
  name: `column_${at}`,
  sign: String.fromCharCode(0x400 + at),
  type: ['text', 'integer', 'json'][at % 3] ?? '',
  write: () => null,
  changed: () => true,
}));

it('the data of a bot is written where it changed alone, and apart from where the bot stands', () => {
  const results = {};
  const variables = { order: 4711 };
  const session = (state: object, more: object = {}) =>
    ({
      floor: { at: 'queue' },
      bot: { state: { results, variables, ...state }, ...more },
    }) as unknown as HotSession;
  const written = (before: HotSession, after: HotSession) =>
    stepColumns
      .filter(({ name }) => name.startsWith('bot_'))
      .flatMap((one) => (one.changed(before, after) ? [one] : []));
  const [stands, ...others] = written(session({ at: 'one' }), session({ at: 'two' }));
  expect([stands?.name, others]).toEqual(['bot_state', []]);
  expect(stands?.write(session({ at: 'two' }))).not.toContain('4711');
  const changed = written(session({}), session({ variables: { order: 1 } }));
  expect(changed.map(({ name }) => name)).toEqual(['bot_state', 'bot_data']);
  expect(written(session({}, { inOne: true }), session({}, { inOne: true }))).toHaveLength(2);
});

it('two statements of a step have one name only where they say the same, however many columns there are', () => {
  const alone = many.map((column) => [column]);
  const pairs = many.flatMap((first, at) => many.slice(at + 1).map((second) => [first, second]));
  const beginnings = many.map((_, at) => many.slice(0, at));
  const renamed = many.map((column, at) => [
    { ...column, name: `${column.name}_new`, sign: String.fromCharCode(0x500 + at) },
  ]);
  const rows = [
    nothing,
    { ...nothing, events: 1 },
    { ...nothing, messages: 1 },
    { ...nothing, change: 'read' as const },
  ];
  const texts = new Map<string, string>();
  let statements = 0;
  for (const columns of [...alone, ...pairs, ...beginnings, ...renamed]) {
    for (const counts of rows) {
      const { name, text } = appendStatement(columns, counts);
      if (name === undefined) throw new Error('not prepared');
      expect(texts.get(name) ?? text).toBe(text);
      // PostgreSQL cuts longer ones.
      expect(Buffer.byteLength(name)).toBeLessThan(64);
      texts.set(name, text);
      statements += 1;
    }
  }
  // The beginning of length one is a column alone, that of length two a pair.
  expect(texts.size).toBe(statements - 2 * rows.length);
});

it('a group has a statement of its own by size and shape, with the values of each step after those of the other', () => {
  const [column] = many as [StepColumn];
  const said = { ...nothing, messages: 1, events: 1 };
  const groups = [2, 4, 8].flatMap((size) => [nothing, said].map((counts) => groupStatement([column], counts, size)));
  expect(new Set(groups.map(({ name }) => name)).size).toBe(groups.length);
  expect(groupStatement([column], said, 4)).toBe(groups[3]);
  const { text } = groupStatement([column], said, 2);
  // Of each step: its id, its version, the column, thirteen values of a message and five of an event.
  const first = [...text.matchAll(/\$(\d+)::/g)].map(([, number]) => Number(number));
  expect(Math.max(...first)).toBe(2 * 21);
  expect(text).toContain('array[$1::uuid, $22::uuid]');
});

it('a step writes the columns of the fields it changed, and what follows from them where that changed too', () => {
  const before = { version: 7, name: 'Anna', options: {}, startedAt: 0, lastMessageAt: 1_000 } as HotSession;
  const written = (change: Partial<HotSession>) =>
    stepColumns.filter(({ changed }) => changed(before, { ...before, ...change })).map(({ name }) => name);
  expect(written({})).toEqual([]);
  expect(written({ version: 8 })).toEqual([]);
  expect(written({ unread: 3 })).toEqual(['unread']);
  expect(written({ lastMessageAt: 3_600_000 })).toEqual(['last_message_at']);
  expect(written({ name: 'Boris' })).toEqual(['name', 'search']);
  expect(written({ name: 'ANNA' })).toEqual(['name']);
});

it('every column that a step writes has a sign of its own', () => {
  expect(new Set(stepColumns.map(({ sign }) => sign)).size).toBe(stepColumns.length);
});
