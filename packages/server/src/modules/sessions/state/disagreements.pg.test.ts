import { pino } from 'pino';
import { expect, it } from 'vitest';
import { openDatabase } from '../../../platform/database.ts';
import { atWork } from '../../../testing/at-work.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { runSql } from '../../../testing/rows.ts';
import { echoBlocks, startTestApp } from '../../../testing/test-app.ts';

it('a session whose columns an older build wrote beside its floor is counted, and said once a minute', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const clock = new FakeClock(Date.now());
  await using app = await startTestApp({ log, clock });
  await using database = openDatabase(app.connection, 1, () => undefined);
  const [work, ann, chat] = [atWork(app), await app.operator('Ann'), await app.chat(echoBlocks)];
  const counted = async (): Promise<string | undefined> =>
    /^molva_floor_disagreements_total (\d+)$/m.exec(await app.metrics())?.[1];
  const said = (): Record<string, unknown>[] =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ sessions }) => sessions !== undefined);

  // As a build does that knows the documented columns alone: the floor goes on naming the bot.
  const beside = `update sessions set version = version + 1, operator_type = 'OPERATOR', operator_id = $2,
    operator_name = 'Ann', operator_assigned_at = now(), bot_status = 'OPERATOR' where id = $1`;
  const taken = async (): Promise<string> => {
    const { id } = await app.start(chat);
    await runSql(database, beside, [id, String(ann.id)]);
    expect((await work.answer(id, ann, 'Hello')).status).toBe(201);
    expect(await work.details(id)).toMatchObject({ operatorType: 'OPERATOR', operatorId: String(ann.id) });
    return id;
  };

  expect(await counted()).toBe('0');
  const first = await taken();
  await taken();
  expect(await counted()).toBe('2');
  expect(said()).toEqual([expect.objectContaining({ session: `${first.slice(0, 8)}…`, sessions: 1 })]);
  expect(lines.join('')).not.toContain(first);

  clock.advance(60_000);
  await taken();
  expect(await counted()).toBe('3');
  expect(said().map(({ sessions }) => sessions)).toEqual([1, 2]);
});
