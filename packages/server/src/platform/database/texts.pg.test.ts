import pg from 'pg';
import { expect, it } from 'vitest';
import { freshDatabase } from '../../testing/fresh-database.ts';
import { openLog } from '../log.ts';
import { openDatabase, prepared } from '../database.ts';
import { Link } from './connections.ts';
import { DatabaseWatch } from './watch.ts';

const texts = [
  '',
  'a',
  'a'.repeat(48),
  'a'.repeat(49),
  `${'a'.repeat(47)}ß`,
  'Здравствуйте',
  '😀',
  `"\\u0041"\n\t'`,
  '漢'.repeat(50_000),
  'x'.repeat(70_000),
];

it('values arrive as they are, whatever they are made of and however long they are', async () => {
  await using database = openDatabase(await freshDatabase(), 1, () => undefined);
  const statement = prepared('echo', `select jsonb_build_array($1::text)::text`);
  // Also the second time, when the connection knows the statement.
  for (const text of [...texts, ...texts]) {
    expect(JSON.parse((await database.texts(statement, [text]))[0] ?? '')).toEqual([text]);
  }
  const many = prepared('many', `select unnest(array[${texts.map((_, index) => `$${index + 1}::text`).join(', ')}])`);
  expect(await database.texts(many, texts)).toEqual(texts);
  const kinds = prepared(
    'kinds',
    `select jsonb_build_array($1::integer, $2::boolean, $3::text, $4::text, $5::float8)::text`,
  );
  expect(await database.texts(kinds, [-7, true, null, undefined, 0.25])).toEqual(['[-7, true, null, null, 0.25]']);
});

it('a value of no known kind, and one that the database refuses, are who asked alone to hear of', async () => {
  const pool = new pg.Pool({ ...(await freshDatabase()), max: 1 });
  const link = new Link(await pool.connect(), new DatabaseWatch(openLog('silent', false)), true, undefined);
  const half = prepared('half', 'select 10 / $1::integer');
  expect(await link.texts(half, [5])).toEqual(['2']);
  await expect(link.texts(half, [[5]])).rejects.toThrow(TypeError);
  await expect(link.texts(half, [0])).rejects.toThrow('division by zero');
  await expect(link.texts(prepared('wrong', 'select wrong'), [])).rejects.toThrow('wrong');
  expect(await link.texts(half, [2])).toEqual(['5']);
  link.release();
  await pool.end();
});
