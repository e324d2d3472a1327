import type { ServerResponse } from 'node:http';
import type { ChatForWidget, EventPage, ListPage, Message, MessageAccepted } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../platform/database.ts';
import { startReceiver } from '../../../testing/receiver.ts';
import { runSql } from '../../../testing/rows.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';
import { EventStreams } from '../state/streams.ts';

let app: TestApp;
let chatId: string;
beforeAll(async () => {
  app = await startTestApp();
  chatId = await app.chat(echoBlocks, { appearance: { colour: 'green' }, ratingText: 'Well?' });
});
afterAll(() => app[Symbol.asyncDispose]());

const list = async (path: string, headers = {}) =>
  (await app.call<ListPage<Message>>('GET', path, undefined, headers)).body;
const send = async (id: string, body: string) =>
  (await app.call<MessageAccepted>('POST', `/sessions/${id}/clients/messages`, { body })).body;

describe('the messages of a client', () => {
  it('are those of all its sessions, and no others, with every list parameter', async () => {
    const clientId = crypto.randomUUID();
    const [first, second] = [await app.start(chatId, { clientId }), await app.start(chatId, { clientId })];
    await app.start(chatId);
    await send(first.id, 'one');
    await send(second.id, 'two');
    const path = `/clients/${clientId}/messages`;
    const all = await list(`${path}?limit=100`, app.admin);
    expect(all.items.map(({ body }) => body)).toEqual([
      'Say something',
      'Say something',
      'one',
      'You said one',
      'More?',
      'two',
      'You said two',
      'More?',
    ]);
    expect(new Set(all.items.map(({ sessionId }) => sessionId))).toEqual(new Set([first.id, second.id]));
    const page = await list(`${path}?fields=body,authorType&limit=2&offset=2&sort=createdAt`, app.admin);
    expect(page).toEqual({
      count: 8,
      items: [
        { authorType: 'CLIENT', body: 'one' },
        { authorType: 'BOT', body: 'You said one' },
      ],
    });
    const groups = await list(`${path}?group=authorType`, app.admin);
    expect(groups.items).toEqual([
      { authorType: 'BOT', count: 6 },
      { authorType: 'CLIENT', count: 2 },
    ]);
    // Nothing between commas names nothing: the list is as if it was not there.
    expect((await list(`${path}?group=,&fields=,`, app.admin)).items).toHaveLength(8);
    // An offset of nearly a day is right in ISO 8601, and no time zone of the database.
    const after = `offsetField=createdAt&offsetValue=${encodeURIComponent('1970-01-01T00:00:00+23:59')}`;
    expect((await list(`${path}?${after}`, app.admin)).items).toHaveLength(8);
    expect((await app.call('GET', path)).status).toBe(401);
    expect((await app.call('GET', `/clients/${crypto.randomUUID()}/messages`, undefined, app.admin)).status).toBe(404);
  });
});

describe('reading', () => {
  it('is of the other side: the client reads what the bot said, a user what the client said; the first reading stays', async () => {
    await using receiver = await startReceiver();
    const session = await app.start(chatId, { eventCallbackUrl: receiver.url, notifyOnEvents: ['MESSAGE_READ'] });
    const [bots] = session.messages;
    const own = await send(session.id, 'mine');
    const read = (id: string | undefined, headers = {}) => app.call('PATCH', `/messages/${id}/read`, [], headers);
    expect((await read(bots?.id)).status).toBe(204);
    expect((await read(own.id)).status).toBe(404);
    expect((await read(crypto.randomUUID())).status).toBe(404);
    const readAt = async (id: string | undefined) =>
      (await list(`/sessions/${session.id}/messages?limit=100`)).items.find((message) => message.id === id)?.readAt;
    const first = await readAt(bots?.id);
    expect(first).not.toBeNull();
    await read(bots?.id);
    expect(await readAt(bots?.id)).toBe(first);
    expect((await read(own.id, app.admin)).status).toBe(204);
    expect(await readAt(own.id)).not.toBeNull();
    await expect.poll(() => receiver.received.length).toBe(2);
    expect(receiver.received.map(({ body }) => (body['data'] as { messageId: string }).messageId)).toEqual([
      bots?.id,
      own.id,
    ]);
  });
});

it('a page that shows a chat learns what it needs, and no secret', async () => {
  const { status, body } = await app.call<ChatForWidget>('GET', `/chats/${chatId}/widget`);
  expect([status, body.appearance, body.ratingText]).toEqual([200, { colour: 'green' }, 'Well?']);
  expect(Object.keys(body)).not.toContain('identitySecret');
});

it('what is said while the client is away is pushed to its device', async () => {
  await using receiver = await startReceiver();
  const pushed = await app.chat(echoBlocks, {
    fcmServerKey: 'server key',
    fcmServiceUrl: receiver.url,
    pushData: { action: 'open' },
  });
  const session = await app.start(pushed, { clientDeviceId: 'device-1' });
  await expect.poll(() => receiver.received.length).toBe(1);
  expect(receiver.received[0]?.headers.authorization).toBe('key=server key');
  expect(receiver.received[0]?.body).toEqual({
    to: 'device-1',
    notification: { title: 'Bot', body: 'Say something' },
    data: { action: 'open', sessionId: session.id, messageId: session.messages[0]?.id },
  });
});

it('a push whose key was taken away before it went out does not go out', async () => {
  const held: ServerResponse[] = [];
  await using receiver = await startReceiver((_call, response) => held.push(response));
  const pushed = await app.chat(echoBlocks, { fcmServerKey: 'server key', fcmServiceUrl: receiver.url });
  const session = await app.start(pushed, { clientDeviceId: 'device-2' });
  await expect.poll(() => held.length).toBe(1);
  await send(session.id, 'hello');
  await app.call('PUT', `/chats/${pushed}`, { fcmServerKey: null }, app.admin);
  held[0]?.writeHead(200).end();
  await using database = openDatabase(app.connection, 1, () => undefined);
  const waiting = 'select 1 from deliveries where session_id = $1';
  await expect.poll(async () => (await runSql(database, waiting, [session.id])).length).toBe(0);
  expect(receiver.received.map(({ headers }) => headers.authorization)).toEqual(['key=server key']);
});

it('events that an earlier version logged are read in whole seconds, and what people wrote in them as they did', async () => {
  await using database = openDatabase(app.connection, 1, () => undefined);
  const { id } = await app.start(chatId);
  const body = '{"createdAt":"2026-01-28T12:00:05.239+00:00"} at 12:00:05.239+00:00';
  const data = {
    body,
    createdAt: '2026-01-28T12:00:05.239+00:00',
    attachments: [{ createdAt: '2026-01-28T12:00:05.1+00:00' }],
  };
  const shown = {
    body,
    createdAt: '2026-01-28T12:00:05+00:00',
    attachments: [{ createdAt: '2026-01-28T12:00:05+00:00' }],
  };
  // Texts that were scrubbed were written by the database, which puts a space behind names.
  await runSql(
    database,
    `insert into session_events (session_id, event_seq, event, data, created_at)
      values ($1, 900, 'chatMessageCreated', $2::text::json, now()), ($1, 901, 'chatMessageCreated', $2::jsonb::json, now())`,
    [id, JSON.stringify(data)],
  );
  const { items } = (await app.call<EventPage>('GET', `/sessions/${id}/events?after=899`)).body;
  expect(items.map((event) => event.data)).toEqual([shown, shown]);
  const missed = (await new EventStreams(database).after(new Map([[id, 899]]), 10)).get(id) ?? [];
  expect(missed.map((event) => JSON.parse(event.data))).toEqual([shown, shown]);
});
