import type { DialogAnswer } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../platform/database.ts';
import { atWork, creep, handsOver, pass, type AtWork } from '../../../testing/at-work.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { startReceiver } from '../../../testing/receiver.ts';
import { lockWaits, runSql } from '../../../testing/rows.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';
import { until } from '../../../testing/until.ts';

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

const survey = {
  start: { type: 'start', next: 'ask' },
  ask: { type: 'question', text: 'How was it?', default: 'end' },
  end: { type: 'end', text: 'Thank you' },
};
const status = async (id: string) => (await work.details(id)).status;

describe('what ended a session is told', () => {
  it.each([
    ['operator', (id: string) => work.act('DELETE', id, '')],
    ['bot', (id: string) => work.send(id, 'hello').then(() => work.send(id, 'bye'))],
    ['spam', (id: string) => work.act('PATCH', id, '/spam')],
    ['expired', () => pass(clock, 61)],
  ])('%s', async (closeReason, end) => {
    const { id } = await app.start(await app.chat(echoBlocks), { sessionTtl: 60 });
    expect((await work.details(id)).closeReason).toBeNull();
    await end(id);
    await expect.poll(() => status(id)).toBe('CLOSED');
    // The bot answered to the end: it has stopped.
    expect(await work.details(id)).toMatchObject({ closeReason, botStatus: 'STOP', operatorType: 'BOT' });
  });

  it('chatDeleted', async () => {
    const chat = await app.chat(echoBlocks);
    const { id } = await app.start(chat);
    await app.call('DELETE', `/chats/${chat}`, [], app.admin);
    await expect.poll(() => status(id)).toBe('CLOSED');
    expect(await work.details(id)).toMatchObject({ closeReason: 'chatDeleted', botStatus: 'STOP' });
  });

  it('chatDeleted, also where another session of the chat cannot be closed', async () => {
    await using database = openDatabase(app.connection, 1, () => undefined);
    const chat = await app.chat(echoBlocks);
    const [broken, ...others] = [await app.start(chat), await app.start(chat), await app.start(chat)].map(
      ({ id }) => id,
    );
    await runSql(
      database,
      `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
      create trigger refused before update on sessions for each row when (old.id = '${broken}') execute function refuse()`,
    );
    await app.call('DELETE', `/chats/${chat}`, [], app.admin);
    const statuses = () => Promise.all(others.map(status));
    await expect.poll(statuses).toEqual(['CLOSED', 'CLOSED']);
    await runSql(database, 'drop trigger refused on sessions');
    await pass(clock, 61);
    await expect.poll(() => status(broken ?? '')).toBe('CLOSED');
  });

  it('before: it ended when that was not noted', async () => {
    await using database = openDatabase(app.connection, 1, () => undefined);
    const { id } = await app.start(await app.chat(echoBlocks));
    await work.act('DELETE', id, '');
    await runSql(database, 'update sessions set floor = null where id = $1', [id]);
    expect(await work.details(id)).toMatchObject({ closeReason: 'before', status: 'CLOSED' });
  });

  it('the end that began it, where a script followed and ended too', async () => {
    const script = await app.bot(survey);
    const operator = await app.operator('Olga');
    const chat = await app.chat(echoBlocks, { operatorEndedBotId: script, clientTimeoutBotId: script });
    const [first, second] = [await app.start(chat, { sessionTtl: 3600 }), await app.start(chat, { sessionTtl: 60 })];
    await work.act('PATCH', first.id, `/operators/${operator.id}`);
    await work.act('DELETE', first.id, '');
    await pass(clock, 62);
    for (const { id } of [first, second]) {
      await expect.poll(async () => (await work.said(id)).at(-1)).toBe('How was it?');
      await work.send(id, 'good');
    }
    expect(await work.details(first.id)).toMatchObject({ status: 'CLOSED', closeReason: 'operator' });
    expect(await work.details(second.id)).toMatchObject({ status: 'CLOSED', closeReason: 'expired' });
  });
});

describe('many sessions that end at once', () => {
  /** Begins sessions that live a minute, a few at a time: other tests need connections to the database too. */
  async function begin(sessions: number): Promise<string[]> {
    const chat = await app.chat(echoBlocks);
    const ids: string[] = [];
    while (ids.length < sessions) {
      const some = await Promise.all(Array.from({ length: 6 }, () => app.start(chat, { sessionTtl: 60 })));
      ids.push(...some.map(({ id }) => id));
    }
    return ids;
  }
  const untilClosed = (ids: readonly string[]) =>
    until(clock, async () => {
      for (const id of ids) if ((await status(id)) !== 'CLOSED') return false;
      return true;
    });

  it('are all ended, each once, but for those in which something was said meanwhile', async () => {
    const [talking = '', ...quiet] = await begin(60);
    await pass(clock, 40);
    await work.send(talking, 'still here');
    await pass(clock, 30);
    await untilClosed(quiet);
    expect(await status(talking)).toBe('ACTIVE');
    for (const id of quiet) expect(await work.events(id, 'sessionClosed')).toHaveLength(1);
  });

  it('hold up nobody where somebody else is writing them, and end once that is over', async () => {
    await using database = openDatabase(app.connection, 2, () => undefined, { limit: 120_000 });
    const living = await app.start(await app.chat(echoBlocks), { sessionTtl: 3600 });
    const ids = await begin(36);
    // More than there are connections.
    const held = ids.slice(0, 24);
    let [stood, answered] = [0, 0];
    await database.transaction(async ({ client }) => {
      await client.query('select from sessions where id = any ($1) for update', [held]);
      await pass(clock, 62);
      for (const id of ids.slice(24)) {
        stood = Math.max(stood, await lockWaits(database));
        await untilClosed([id]);
      }
      answered = (await work.send(living.id, 'hello')).status;
    });
    expect([stood, answered]).toEqual([0, 201]);
    await untilClosed(held);
  });
});

describe('the script that follows the end of the people’s part', () => {
  it('does not run where they had no part: a session closed out of the help list ends', async () => {
    const chat = await app.chat(handsOver(await work.group()), { operatorEndedBotId: await app.bot(survey) });
    const { id } = await app.start(chat);
    expect(await work.details(id)).toMatchObject({ operatorType: 'OPERATOR', operatorId: '' });
    await work.act('DELETE', id, '');
    expect(await work.details(id)).toMatchObject({ status: 'CLOSED', closeReason: 'operator', botStatus: 'OPERATOR' });
    expect(await work.said(id)).toEqual([]);
  });
});

describe('a script that follows a time-out of the client and asks for people', () => {
  it('gives them the session for a whole life time', async () => {
    const olga = await app.operator('Olga');
    await work.online(olga);
    const script = await app.bot(handsOver(await work.group(olga)));
    const { id } = await app.start(await app.chat(echoBlocks, { clientTimeoutBotId: script }), { sessionTtl: 30 });
    await pass(clock, 31);
    await expect.poll(async () => (await work.details(id)).operatorName).toBe('Olga');
    await pass(clock, 25);
    expect(await work.details(id)).toMatchObject({ status: 'ACTIVE', operatorName: 'Olga' });
    await pass(clock, 10);
    await expect.poll(() => status(id)).toBe('CLOSED');
    expect((await work.details(id)).closeReason).toBe('expired');
    await work.offline(olga);
  });

  it('has it wait for them as long, where nobody is there', async () => {
    const script = await app.bot(handsOver(await work.group()));
    const { id } = await app.start(await app.chat(echoBlocks, { clientTimeoutBotId: script }), { sessionTtl: 30 });
    await pass(clock, 31);
    await expect.poll(async () => (await work.details(id)).operatorType).toBe('OPERATOR');
    await pass(clock, 25);
    expect(await work.details(id)).toMatchObject({ status: 'ACTIVE', operatorId: '' });
    await pass(clock, 10);
    await expect.poll(() => status(id)).toBe('CLOSED');
  });
});

describe('the result call of a dialog', () => {
  it.each([
    ['STOP', 'finished', echoBlocks, (path: string) => app.call('POST', `${path}/finish`, [], app.admin)],
    ['STOP', 'expired', echoBlocks, () => pass(clock, 61)],
    [
      'ERROR',
      'failure',
      {
        start: { type: 'start', next: 'ask' },
        ask: { type: 'question', text: 'Well?', default: 'loop' },
        loop: { type: 'condition', branches: [{ when: 'true', next: 'again' }], default: 'out' },
        again: { type: 'set', values: { x: '1' }, next: 'loop' },
        out: { type: 'end' },
      },
      (path: string) => app.call('POST', path, { message: 'x' }, app.admin),
    ],
  ])('says %s where it was %s', async (botStatus, by, blocks, end) => {
    await using database = openDatabase(app.connection, 1, () => undefined);
    await using receiver = await startReceiver();
    const botId = await app.bot(blocks);
    const dialogResultCallbacks = { url: receiver.url, data: null };
    const body = { botId, ttl: 60, dialogResultCallbacks };
    const started = await app.call<DialogAnswer>('POST', '/dialogs', body, app.admin);
    await end(`/dialogs/${started.body.dialogId}`);
    await expect.poll(() => receiver.received.length).toBe(1);
    expect(receiver.received[0]?.body).toMatchObject({ dialogId: started.body.dialogId, status: botStatus });
    const [row] = await runSql<{ by: string }>(database, `select floor->>'by' as by from sessions where bot_id = $1`, [
      botId,
    ]);
    expect(row?.by).toBe(by);
  });
});
