import type { SessionStarted } from '@molva/contract';
import { Centrifuge, type PublicationContext } from 'centrifuge';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { atWork, creep, type AtWork } from '../../testing/at-work.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

const HOUR = 3_600_000;
const clock = new FakeClock(Date.UTC(2026, 0, 1));
let app: TestApp;
let work: AtWork;
let chatId: string;
let guardedChat: string;
let creeping: Disposable;
const clients: Centrifuge[] = [];
beforeAll(async () => {
  creeping = creep(clock);
  app = await startTestApp({ clock });
  work = atWork(app);
  chatId = await app.chat(echoBlocks, { sessionRatingRequired: true });
  const identitySecret = 'a secret of thirty-two characters or more';
  guardedChat = await app.chat(echoBlocks, { identityVerification: 'optional', identitySecret });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  creeping[Symbol.dispose]();
});

interface Connected {
  readonly client: Centrifuge;
  /** Channels of the connect, and those that came later. */
  readonly channels: string[];
  readonly events: string[];
}

async function connect(sessions: readonly SessionStarted[], more: Record<string, unknown> = {}): Promise<Connected> {
  const client = new Centrifuge(`${app.url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
    websocket: WebSocket,
    minReconnectDelay: 10,
    data: { application: 'widget', settings: { sessions: sessions.map(({ id }) => id), ...more } },
  });
  clients.push(client);
  const channels: string[] = [];
  const events: string[] = [];
  client.on('publication', ({ data }: PublicationContext) => events.push((data as { event: string }).event));
  client.on('subscribed', ({ channel }) => channels.push(channel));
  client.connect();
  await client.ready(30_000);
  return { client, channels, events };
}

const close = (id: string) => app.call('DELETE', `/sessions/${id}`, {}, app.admin);
const success = { data: { success: true } };
const refused = (code: string) => ({ data: { success: false, code } });

describe('a session that is over', () => {
  it('is joined, read and rated by socket as by HTTP; nothing of it begins again', async () => {
    const session = await app.start(chatId);
    await close(session.id);
    const { client, channels } = await connect([session]);
    expect(channels).toEqual([`widget:${session.id}`]);
    const { id } = session;
    const before = await work.details(id);
    expect(await client.rpc('joinSession', { id })).toEqual(success);
    expect(await client.rpc('readMessage', { id, messageId: session.messages[0]?.id })).toEqual(success);
    expect(await client.rpc('rateSession', { id, rating: 5 })).toEqual(success);
    expect(await client.rpc('typing', { id })).toEqual(refused('session-closed'));
    expect(await client.rpc('leaveSession', { id })).toEqual(success);
    const { rating, lastMessage, ...after } = await work.details(id);
    expect([rating, lastMessage?.readAt]).toEqual([5, expect.any(String)]);
    expect(after).toMatchObject({ status: 'CLOSED', closedAt: before.closedAt, clientOnlineAt: null });
  });

  it('tells whoever was away that it ended', async () => {
    const session = await app.start(chatId);
    const { client, events } = await connect([session]);
    await client.rpc('joinSession', { id: session.id });
    client.disconnect();
    await close(session.id);
    client.connect();
    await client.ready(30_000);
    await expect.poll(() => events).toContain('sessionClosed');
  });

  it('asks for a rating that can be given, to whoever hears of its end live', async () => {
    const session = await app.start(chatId);
    const { client, events } = await connect([session]);
    await client.rpc('joinSession', { id: session.id });
    await close(session.id);
    await expect.poll(() => events).toContain('sessionClosed');
    expect(await client.rpc('rateSession', { id: session.id, rating: 1 })).toEqual(success);
  });

  it('is unknown a day after its end', async () => {
    const session = await app.start(chatId);
    await close(session.id);
    clock.advance(25 * HOUR);
    const { client, channels } = await connect([session]);
    expect(channels).toEqual([]);
    await expect(client.rpc('joinSession', { id: session.id })).rejects.toMatchObject({
      code: 404,
      message: 'Entity not found',
    });
  });
});

describe('a session that was not named at the connect', () => {
  it('is heard from its join on', async () => {
    const session = await app.start(chatId);
    const { client, channels, events } = await connect([]);
    expect(await client.rpc('joinSession', { id: session.id })).toEqual(success);
    expect(channels).toEqual([`widget:${session.id}`]);
    await work.send(session.id, 'hello');
    await expect.poll(() => events).toEqual(['chatMessageCreated', 'chatMessageCreated']);
    expect(await client.rpc('rateSession', { id: session.id, rating: 5 })).toEqual(success);
  });

  it('is heard with the own messages by whoever asked for them', async () => {
    const session = await app.start(chatId);
    const { client, events } = await connect([], { echo: true });
    await client.rpc('joinSession', { id: session.id });
    await work.send(session.id, 'hello');
    await expect.poll(() => events.length).toBe(3);
  });

  it('says its first words to whoever joins it so', async () => {
    const session = await app.start(chatId, { returnAnswerAsync: true });
    const { client, events } = await connect([]);
    await client.rpc('joinSession', { id: session.id });
    await expect.poll(() => events).toEqual(['chatMessageCreated']);
  });

  it('is opened by the token of its join, which later calls need not repeat; without one it looks as if there were none', async () => {
    const session = await app.start(guardedChat);
    const { client, channels } = await connect([]);
    const { id, sessionToken } = session;
    // Whoever holds nothing of a session is told what he would be told if there were none.
    await expect(client.rpc('joinSession', { id })).rejects.toMatchObject({
      code: 404,
      message: 'Entity not found',
    });
    expect(await client.rpc('joinSession', { id, sessionToken })).toEqual(success);
    expect(channels).toEqual([`widget:${id}`]);
    expect(await client.rpc('rateSession', { id, rating: 5 })).toEqual(success);
  });
});

describe('the sessions of a connection', () => {
  const started = (some: number) => Promise.all(Array.from({ length: some }, () => app.start(chatId)));
  const codes = async (client: Centrifuge, sessions: readonly SessionStarted[]): Promise<unknown[]> => {
    const joins = await Promise.allSettled(sessions.map(({ id }) => client.rpc('joinSession', { id })));
    return joins.flatMap((join) => (join.status === 'rejected' ? [(join.reason as { code: number }).code] : []));
  };

  it('are no more than a hundred, however many are joined at once; who leaves one may join another', async () => {
    const sessions = await started(104);
    const { client, channels } = await connect(sessions.slice(0, 96));
    expect(await codes(client, sessions.slice(96))).toEqual([422, 422, 422, 422]);
    expect(new Set(channels).size).toBe(100);
    const left = sessions.find(({ id }, index) => index >= 96 && channels.includes(`widget:${id}`));
    const kept = sessions.find(({ id }) => !channels.includes(`widget:${id}`));
    const taken = new Promise((resolve) => client.on('unsubscribed', ({ channel }) => resolve(channel)));
    expect(await client.rpc('leaveSession', { id: left?.id })).toEqual(success);
    expect(await taken).toBe(`widget:${left?.id}`);
    expect(await client.rpc('joinSession', { id: kept?.id })).toEqual(success);
    await expect(client.rpc('joinSession', { id: left?.id })).rejects.toMatchObject({ code: 422 });
  });

  it('are heard on after a leave where the connect named them', async () => {
    const [session] = await started(1);
    if (session === undefined) throw new Error('none began');
    const { client, events } = await connect([session]);
    await client.rpc('joinSession', { id: session.id });
    await client.rpc('leaveSession', { id: session.id });
    await work.send(session.id, 'hello');
    await expect.poll(() => events.length).toBe(2);
  });
});

it('a connection whose token was revoked hears no more of its session, one of a chat that wants none goes on', async () => {
  const [guarded, open] = [await app.start(guardedChat), await app.start(chatId)];
  const sessionTokens = { [guarded.id]: guarded.sessionToken };
  const { client, events } = await connect([guarded, open], { sessionTokens });
  await client.rpc('joinSession', { id: guarded.id });
  await app.call('DELETE', `/sessions/${guarded.id}/tokens`, [], app.admin);
  await expect.poll(async () => (await work.details(guarded.id)).clientOfflineAt).not.toBeNull();
  await client.ready(30_000);
  await work.send(open.id, 'hello');
  await expect.poll(() => events.length).toBeGreaterThan(0);
  expect(await client.rpc('rateSession', { id: guarded.id, rating: 5 })).toEqual(refused('session-token-refused'));
});
