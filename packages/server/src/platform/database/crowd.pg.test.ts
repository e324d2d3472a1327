import { expect, it } from 'vitest';
import { freshDatabase } from '../../testing/fresh-database.ts';
import { openDatabase } from '../database.ts';
import { passingFailure } from '../lacks.ts';

it('who comes where too many wait for a connection finds no room: the database is not away, and nothing broke', async () => {
  await using database = openDatabase(await freshDatabase(), 1, () => undefined);
  let breaks = 0;
  using _heard = database.afterBreak(() => breaks++);
  const ask = () => database.query({ text: 'select 1 as one' }, []);
  const crowd = Array.from({ length: 2_010 }, () => ask().catch((error: unknown) => passingFailure(error)?.code));
  const answers = await Promise.all(crowd);
  expect(new Set(answers.filter((answer) => !Array.isArray(answer)))).toEqual(new Set(['no-room']));
  expect(await ask()).toEqual([{ one: 1 }]);
  expect(breaks).toBe(0);
});
