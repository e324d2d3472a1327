import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../platform/database.ts';
import { atWork, creep, handsOver, pass, type AtWork } from '../../../testing/at-work.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { runSql } from '../../../testing/rows.ts';
import { echoBlocks, startTestApp, type Operator, type TestApp } from '../../../testing/test-app.ts';

const IDLE = { allowableOperatorIdleTime: 20 };

const clock = new FakeClock(Date.UTC(2026, 0, 1));
let app: TestApp;
let work: AtWork;
let creeping: Disposable;
beforeAll(async () => {
  creeping = creep(clock);
  app = await startTestApp({ clock });
  work = atWork(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  creeping[Symbol.dispose]();
});

const answersIn = async (id: string) => (await work.details(id)).operatorName;

/** A session that Olga of a group was given, and Ivan of it, who has come since. */
async function givenToOlga(): Promise<{ id: string; olga: Operator; ivan: Operator }> {
  const [olga, ivan] = [await app.operator('Olga'), await app.operator('Ivan')];
  const chat = await app.chat(handsOver(await work.group(olga, ivan)), IDLE);
  await work.online(olga);
  const { id } = await app.start(chat);
  expect(await answersIn(id)).toBe('Olga');
  await work.online(ivan);
  return { id, olga, ivan };
}

describe('an operator who does not answer', () => {
  it('leaves a session to others also where its client has not written since', async () => {
    const { id, olga, ivan } = await givenToOlga();
    await pass(clock, 15);
    expect(await answersIn(id)).toBe('Olga');
    await pass(clock, 10);
    await expect.poll(() => answersIn(id)).toBe('Ivan');
    await work.offline(olga, ivan);
  });

  it('keeps a session while it owes no answer', async () => {
    const { id, olga, ivan } = await givenToOlga();
    await work.answer(id, olga, 'Good day');
    await pass(clock, 45);
    expect(await answersIn(id)).toBe('Olga');
    await work.send(id, 'hello?');
    await pass(clock, 25);
    await expect.poll(() => answersIn(id)).toBe('Ivan');
    await work.offline(olga, ivan);
  });

  it('does not get it again: where nobody else is left it waits in the help list, for whoever comes', async () => {
    const { id, olga, ivan } = await givenToOlga();
    await work.send(id, 'hello?');
    const seen = new Set<string>();
    for (let times = 0; times < 12; times++) {
      await pass(clock, 10);
      seen.add(await answersIn(id));
    }
    expect([...seen]).toEqual(['Olga', 'Ivan', '']);
    const changes = await work.events(id, 'operatorChanged');
    expect(changes.map((data) => (data as { operatorName: string | null }).operatorName)).toEqual([
      'Olga',
      'Ivan',
      null,
    ]);
    const anna = await app.operator('Anna');
    const groupId = (await work.details(id)).handOver?.groupId;
    await app.call('PUT', `/groups/${groupId}/operators/${anna.id}`, [], app.admin);
    await work.online(anna);
    await expect.poll(() => answersIn(id)).toBe('Anna');
    await work.offline(olga, ivan, anna);
  });

  it('is not taken for one who does because a colleague or a supervisor speaks', async () => {
    const { id, olga, ivan } = await givenToOlga();
    const boss = await app.operator('Boss', ['SUPERVISOR']);
    await work.send(id, 'hello?');
    await pass(clock, 15);
    const stranger = await work.answer(id, ivan, 'Let me in');
    expect([stranger.status, stranger.headers.get('x-error-code')]).toEqual([422, 'operator-not-in-session']);
    expect((await work.answer(id, boss, 'A moment, please')).status).toBe(201);
    expect(await answersIn(id)).toBe('Olga');
    await pass(clock, 10);
    await expect.poll(() => answersIn(id)).toBe('Ivan');
    expect(await work.said(id)).toEqual(['hello?', 'A moment, please']);
    await work.offline(olga, ivan);
  });
});

describe('an operator who is offline', () => {
  it('is not who goes on where the one who answers is taken out', async () => {
    const [olga, ivan] = [await app.operator('Olga'), await app.operator('Ivan')];
    await work.online(olga, ivan);
    const { id } = await app.start(await app.chat(echoBlocks), { sessionTtl: 3600 });
    await work.act('PATCH', id, `/operators/${olga.id}`);
    await work.act('PUT', id, `/operators/${ivan.id}`);
    await work.offline(ivan);
    await work.act('DELETE', id, `/operators/${olga.id}`);
    expect(await work.details(id)).toMatchObject({ operatorType: 'OPERATOR', operatorId: '' });
    await work.offline(olga);
  });

  it('leaves a session that it is given by name after a minute, and keeps it by coming', async () => {
    const [olga, ivan, robot] = [
      await app.operator('Olga'),
      await app.operator('Ivan'),
      await app.operator('Robot', ['OPERATOR', 'API']),
    ];
    await work.online(olga, ivan);
    await work.offline(olga, ivan);
    await pass(clock, 70);
    const chat = await app.chat(echoBlocks);
    const given: string[] = [];
    for (const { id } of [olga, ivan, robot]) {
      const session = await app.start(chat, { sessionTtl: 3600 });
      await work.act('PATCH', session.id, `/operators/${id}`);
      given.push(session.id);
    }
    const names = () => Promise.all(given.map(answersIn));
    await pass(clock, 50);
    expect(await names()).toEqual(['Olga', 'Ivan', 'Robot']);
    await work.online(ivan);
    await pass(clock, 45);
    // Olga's waits for people of the company, and one has come.
    await expect.poll(names).toEqual(['Ivan', 'Ivan', 'Robot']);
    await work.offline(ivan);
  });

  it('gets its sessions again when it is back and nobody else was there, also those that waited for its answer', async () => {
    const olga = await app.operator('Olga');
    const wishes = handsOver(await work.group(olga));
    await work.online(olga);
    const sessions = [await app.start(await app.chat(wishes)), await app.start(await app.chat(wishes, IDLE))];
    const names = () => Promise.all(sessions.map(({ id }) => answersIn(id)));
    expect(await names()).toEqual(['Olga', 'Olga']);
    await work.offline(olga);
    await pass(clock, 70);
    await expect.poll(names).toEqual(['', '']);
    await work.online(olga);
    await expect.poll(names).toEqual(['Olga', 'Olga']);
    await work.offline(olga);
  });

  it('is offline and left by its sessions, or neither, whenever the process dies', async () => {
    await using database = openDatabase(app.connection, 1, () => undefined);
    const olga = await app.operator('Olga');
    const { id } = await app.start(await app.chat(echoBlocks), { sessionTtl: 3600 });
    await work.online(olga);
    await work.act('PATCH', id, `/operators/${olga.id}`);
    // What ends a process between two statements ends it before the second.
    await runSql(
      database,
      `create function dies() returns trigger language plpgsql as 'begin raise exception ''killed''; end'`,
    );
    await runSql(
      database,
      `create trigger dies before insert or update on due for each row when (new.kind like 'operator-%')
        execute function dies()`,
    );
    expect((await app.call('PATCH', '/users/me/deactivate', {}, olga.header)).status).toBe(500);
    await runSql(database, 'drop trigger dies on due');
    await pass(clock, 70);
    const next = await app.start(await app.chat(handsOver(await work.group(olga))));
    expect([await answersIn(id), await answersIn(next.id)]).toEqual(['Olga', 'Olga']);
    await work.offline(olga);
  });
});
