import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { freshDatabase } from '../testing/fresh-database.ts';
import { runSql } from '../testing/rows.ts';
import { withinCap } from './caps.ts';
import { openDatabase } from './database.ts';

it('a crowd that creates for one owner waits without the connections of others', async () => {
  await using database = openDatabase(await freshDatabase(), 4, () => undefined);
  const gate = Promise.withResolvers<void>();
  const capped = { cap: 'tags', owner: 1, counted: sql`1 where false` } as const;
  const crowd = Array.from({ length: 200 }, () => withinCap(database.builder, capped, () => gate.promise));
  try {
    expect(await runSql(database, 'select 1 as one')).toEqual([{ one: 1 }]);
    await expect(withinCap(database.builder, capped, () => gate.promise)).rejects.toMatchObject({
      code: 'no-room',
    });
  } finally {
    gate.resolve();
    await Promise.all(crowd);
  }
});
