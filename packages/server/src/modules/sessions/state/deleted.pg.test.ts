import { expect, it } from 'vitest';
import { openDatabase } from '../../../platform/database.ts';
import { runSql } from '../../../testing/rows.ts';
import { atWork } from '../../../testing/at-work.ts';
import { echoBlocks, startTestApp } from '../../../testing/test-app.ts';

it('a deleted session takes its messages and events with it, and leaves those of others', async () => {
  await using app = await startTestApp();
  await using database = openDatabase(app.connection, 1, () => undefined);
  const chat = await app.chat(echoBlocks);
  const [gone, kept] = [await app.start(chat), await app.start(chat)];
  for (const { id } of [gone, kept]) {
    await atWork(app).send(id, 'Hello');
    await atWork(app).act('DELETE', id, '');
  }
  const left = async (id: string): Promise<number[]> => {
    const text = `select (select count(*) from messages where session_id = $1) as messages,
      (select count(*) from session_events where session_id = $1) as events`;
    const [row] = await runSql<{ messages: number; events: number }>(database, text, [id]);
    return [row?.messages ?? -1, row?.events ?? -1];
  };
  const before = await left(kept.id);
  expect(before).toEqual([4, 1]);
  expect(await left(gone.id)).toEqual(before);

  await runSql(database, 'delete from sessions where id = $1', [gone.id]);

  expect(await left(gone.id)).toEqual([0, 0]);
  expect(await left(kept.id)).toEqual(before);
});
