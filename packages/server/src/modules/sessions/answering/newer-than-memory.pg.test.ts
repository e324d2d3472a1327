import type { ListPage, Message } from '@molva/contract';
import { expect, it } from 'vitest';
import { openDatabase } from '../../../platform/database.ts';
import { freshDatabase } from '../../../testing/fresh-database.ts';
import { json, startReceiver } from '../../../testing/receiver.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';
import { openWire } from '../../../testing/wire.ts';

const said = async (app: TestApp, id: string): Promise<string[]> =>
  (await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages?limit=100`)).body.items.map(({ body }) => body);

it('a question is asked although its timer is seen before the answer to the commit that made it', async () => {
  const connection = await freshDatabase();
  await using wire = await openWire(connection);
  await using database = openDatabase(connection, 1, () => undefined);
  await using app = await startTestApp({ connection: wire.connection });
  await using bot = await startReceiver((call, response) => {
    const { message } = call.body as { message: { text: string } | null };
    json(response, { messages: [{ body: message === null ? 'Hello' : `You said ${message.text}` }] });
  });
  const webhook = { url: bot.url, secret: 'a secret of sixteen and more' };
  const { body: created } = await app.call<{ id: string }>('POST', '/bots', { name: 'Hook', webhook }, app.admin);
  const chat = await app.call<{ id: string }>('POST', '/chats', { name: 'Chat', botId: created.id }, app.admin);
  const session = await app.start(chat.body.id);

  const held = wire.hold('early news');
  const sent = app.call('POST', `/sessions/${session.id}/clients/messages`, { body: 'early news' });
  await held.answered;
  // Nobody has told this process, so its next look at what is due finds the row.
  const untouched = { text: `select 1 from due where kind = 'session-ask' and owner is null` };
  await expect.poll(() => database.query(untouched, [])).toEqual([]);
  held.release();
  expect((await sent).status).toBe(201);
  await expect.poll(() => said(app, session.id)).toEqual(['Hello', 'early news', 'You said early news']);
  expect(bot.received.map(({ body }) => body['kind'])).toEqual(['start', 'message']);
});

it('a timer decides on the version that wished for it, not on older memory', async () => {
  const connection = await freshDatabase();
  await using database = openDatabase(connection, 1, () => undefined);
  await using app = await startTestApp({ connection });
  const { id } = await app.start(await app.chat(echoBlocks), { sessionTtl: 3600 });
  await said(app, id);
  // Another node shortens the session's life, in one commit with the timer of its end.
  const elsewhere = `with moved as (update sessions set version = version + 1, ttl = 1, started_at = now() - interval '1 hour',
      last_message_at = now() - interval '1 hour' where id = $1 returning version)
    update due set due_at = now(), generation = generation + 1, version = moved.version from moved
    where kind = 'session-expiry' and key = $1`;
  await database.query({ text: elsewhere }, [id]);
  const closed = { text: 'select 1 as closed from sessions where id = $1 and closed_at is not null' };
  await expect.poll(() => database.query(closed, [id])).toEqual([{ closed: 1 }]);
});
