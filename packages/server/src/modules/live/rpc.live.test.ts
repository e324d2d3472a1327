import { once } from 'node:events';
import type { Session } from '@molva/contract';
import { Centrifuge, type PublicationContext } from 'centrifuge';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

let app: TestApp;
let chatId: string;
const clients: Centrifuge[] = [];
beforeAll(async () => {
  app = await startTestApp();
  chatId = await app.chat(echoBlocks);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(() => app[Symbol.asyncDispose]());

/** What a client has of a session. */
interface Held {
  readonly id: string;
  readonly messages: readonly { readonly id: string }[];
}

interface Envelope {
  event: string;
  data: Record<string, unknown>;
}

async function connect(
  settings: Record<string, unknown>,
): Promise<{ client: Centrifuge; events: Envelope[]; channels: string[] }> {
  const client = new Centrifuge(`${app.url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
    websocket: WebSocket,
    data: { application: 'widget', settings },
  });
  clients.push(client);
  const events: Envelope[] = [];
  const channels: string[] = [];
  client.on('publication', ({ data }: PublicationContext) => events.push(data as Envelope));
  client.on('subscribed', ({ channel }) => channels.push(channel));
  client.connect();
  await client.ready(30_000);
  return { client, events, channels };
}

const details = async (id: string): Promise<Session> =>
  (await app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin)).body;

it('one connection listens to several sessions; unknown ones are left out', async () => {
  const [one, two] = [await app.start(chatId), await app.start(chatId)];
  const { channels } = await connect({
    sessions: [one.id, two.id, crypto.randomUUID(), 'nonsense'],
    userId: 'me',
  });
  expect(channels.sort()).toEqual([`widget:${one.id}`, `widget:${two.id}`].sort());
});

it('joining and leaving are seen from the other side', async () => {
  const session = await app.start(chatId);
  const { client } = await connect({ sessions: [session.id] });
  expect((await client.rpc('joinSession', { id: session.id })).data).toEqual({ success: true });
  expect((await details(session.id)).clientOnlineAt).not.toBeNull();
  expect((await details(session.id)).clientOfflineAt).toBeNull();
  client.disconnect();
  await expect.poll(async () => (await details(session.id)).clientOfflineAt).not.toBeNull();
});

it('the client types, reads and rates', async () => {
  const session = await app.start(chatId);
  const { client } = await connect({ sessions: [session.id] });
  const said = session.messages[0]?.id;
  expect((await client.rpc('typing', { id: session.id })).data).toEqual({ success: true });
  expect((await client.rpc('readMessage', { id: session.id, messageId: said })).data).toEqual({ success: true });
  expect((await details(session.id)).lastMessage?.readAt).not.toBeNull();
  expect((await client.rpc('rateSession', { id: session.id, rating: 5, comment: 'good' })).data).toEqual({
    success: true,
  });
  expect((await client.rpc('rateSession', { id: session.id, rating: 6 })).data).toEqual({
    success: false,
    code: 'invalid-input',
  });
  expect((await client.rpc('leaveSession', { id: session.id })).data).toEqual({ success: true });
});

it('what cannot be is an error of the error table where the documented platform says so, and in the data elsewhere', async () => {
  const { client } = await connect({ sessions: [] });
  await expect(client.rpc('joinSession', { id: crypto.randomUUID() })).rejects.toMatchObject({
    code: 404,
    message: 'Entity not found',
  });
  await expect(client.rpc('joinSession', { id: 'nonsense' })).rejects.toMatchObject({ code: 400 });
  await expect(client.rpc('joinSession', {})).rejects.toMatchObject({ code: 400 });
  await expect(client.rpc('dance', {})).rejects.toMatchObject({ code: 104 });
  for (const [data, code] of [
    [{ id: crypto.randomUUID() }, 'entity-not-found'],
    [{ id: 'nonsense' }, 'invalid-input'],
    [{}, 'invalid-input'],
    [{ id: crypto.randomUUID(), draft: '\u0000' }, 'invalid-input'],
  ] as const) {
    expect((await client.rpc('typing', data)).data).toEqual({ success: false, code });
  }
});

it('data that nests deeper than anybody can follow is refused as such', async () => {
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/centrifugo/connection/websocket`);
  await once(socket, 'open');
  socket.send('{"id":1,"connect":{"data":{"application":"widget","settings":{"sessions":[]}}}}');
  await once(socket, 'message');
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
  socket.send(`{"id":2,"rpc":{"method":"typing","data":{"id":"${crypto.randomUUID()}","more":${deep}}}}`);
  const [answer] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  expect(JSON.parse(String(answer))).toEqual({ id: 2, rpc: { data: { success: false, code: 'invalid-input' } } });
});

it('the client’s own messages come to those who ask for the echo, to nobody else', async () => {
  const session = await app.start(chatId);
  const [plain, echoing] = [
    await connect({ sessions: [session.id] }),
    await connect({ sessions: [session.id], echo: true }),
  ];
  await app.call('POST', `/sessions/${session.id}/clients/messages`, { body: 'mine' });
  await expect.poll(() => echoing.events.map(({ data }) => data['authorType'])).toEqual(['CLIENT', 'BOT', 'BOT']);
  expect(echoing.events.map(({ data }) => data['eventSeq'])).toEqual([2, 3, 4]);
  expect(plain.events.map(({ data }) => data['authorType'])).toEqual(['BOT', 'BOT']);
});

it('a verified chat opens to the session token alone', async () => {
  const verified = await app.chat(echoBlocks, { identityVerification: 'optional' });
  const session = await app.start(verified);
  expect((await connect({ sessions: [session.id] })).channels).toEqual([]);
  const { client, channels } = await connect({
    sessions: [session.id],
    sessionTokens: { [session.id]: session.sessionToken },
  });
  expect(channels).toEqual([`widget:${session.id}`]);
  expect((await client.rpc('joinSession', { id: session.id })).data).toEqual({ success: true });
});

it('who joins in the middle of a pause sees that the bot is typing', async () => {
  const slow = await app.chat({
    start: { type: 'start', next: 'pause' },
    pause: { type: 'pause', seconds: 2, next: 'hello' },
    hello: { type: 'question', text: 'Hello' },
  });
  const session = await app.start(slow, { returnAnswerAsync: true });
  const { client, events } = await connect({ sessions: [session.id] });
  await client.rpc('joinSession', { id: session.id });
  await expect.poll(() => events.map(({ event }) => event)).toEqual(['showTypingIndicator', 'chatMessageCreated']);
});

it('a banned client hears nothing more and does nothing more, and is let in again when the ban is lifted', async () => {
  const session = await app.start(chatId);
  const said = session.messages[0]?.id ?? '';
  const { client, events } = await connect({ sessions: [session.id] });
  await client.rpc('joinSession', { id: session.id });
  const taken = new Promise((resolve) => client.on('unsubscribed', resolve));
  const ban = (how: string) => app.call('PATCH', `/clients/${session.clientId}/${how}`, undefined, app.admin);
  expect((await ban('ban')).status).toBe(204);
  await taken;
  await expect.poll(async () => (await details(session.id)).clientOfflineAt).not.toBeNull();
  const answer = { body: 'Only for people' };
  expect((await app.call('POST', `/sessions/${session.id}/operators/messages`, answer, app.admin)).status).toBe(201);
  const calls: [string, object][] = [
    ['typing', {}],
    ['readMessage', { messageId: said }],
    ['rateSession', { rating: 5 }],
    ['sendMessage', { body: 'x', clientMessageId: crypto.randomUUID() }],
  ];
  const join = client.rpc('joinSession', { id: session.id });
  await expect(join).rejects.toMatchObject({ code: 403, message: 'The client is banned' });
  for (const [method, data] of calls) {
    const { data: answer } = await client.rpc(method, { id: session.id, ...data });
    expect([method, answer]).toEqual([method, { success: false, code: 'client-banned' }]);
  }
  const over = (method: string, path: string, body?: object) => app.call(method, path, body);
  const refused = await Promise.all([
    over('PUT', `/sessions/${session.id}/rating`, { rating: 5 }),
    over('PATCH', `/sessions/${session.id}/typing`, {}),
    over('PATCH', `/messages/${said}/read`),
    over('GET', `/sessions/${session.id}/messages`),
    over('GET', `/sessions/${session.id}/events`),
  ]);
  for (const { status, headers } of refused) {
    expect([status, headers.get('x-error-code')]).toEqual([403, 'client-banned']);
  }
  expect((await details(session.id)).rating).toBeNull();
  expect((await connect({ sessions: [session.id] })).channels).toEqual([]);
  expect(events.map(({ event }) => event)).not.toContain('chatMessageCreated');
  const people = await app.call('GET', `/sessions/${session.id}/messages`, undefined, app.admin);
  expect(JSON.stringify(people.body)).toContain('Only for people');
  await ban('unban');
  expect((await over('GET', `/sessions/${session.id}/messages`)).status).toBe(200);
  await client.rpc('joinSession', { id: session.id });
  expect((await app.call('POST', `/sessions/${session.id}/operators/messages`, answer, app.admin)).status).toBe(201);
  await expect.poll(() => events.map(({ event }) => event)).toContain('chatMessageCreated');
  expect((await connect({ sessions: [session.id] })).channels).toEqual([`widget:${session.id}`]);
});

it('a session that the caller does not hold is answered as one that is not there, by every call and command', async () => {
  const guarded = await app.chat(echoBlocks, {
    identityVerification: 'optional',
    identitySecret: 'a secret of thirty-two characters or more',
  });
  const [session, other] = [await app.start(guarded), await app.start(guarded)];
  const nowhere: Held = { id: crypto.randomUUID(), messages: [{ id: crypto.randomUUID() }] };
  const tokens = [undefined, other.sessionToken, 's1.zzzzzz.AAAA', `${session.sessionToken}A`];
  for (const token of tokens) {
    const named = [session.id, nowhere.id];
    const offered = token === undefined ? {} : Object.fromEntries(named.map((id) => [id, token]));
    const { client, channels } = await connect({ sessions: named, sessionTokens: offered });
    expect(channels).toEqual([]);
    const ask = async ({ id, messages: [said] }: Held): Promise<unknown[]> => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const over = async (method: string, path: string, body?: object) => {
        const answer = await app.call(method, path, body, headers);
        return [method, path.replace(id, '').replace(said?.id ?? '', ''), answer.status, answer.body];
      };
      const live = async (method: string, data: object = {}) =>
        client.rpc(method, { id, ...data }).then(
          (answer) => [method, answer.data],
          (error: { code: number; message: string }) => [method, error.code, error.message],
        );
      return Promise.all([
        live('joinSession'),
        live('leaveSession'),
        live('typing'),
        live('readMessage', { messageId: said?.id }),
        live('rateSession', { rating: 5 }),
        live('sendMessage', { body: 'x', clientMessageId: crypto.randomUUID() }),
        over('GET', `/sessions/${id}`),
        over('GET', `/sessions/${id}/messages`),
        over('GET', `/sessions/${id}/events`),
        over('POST', `/sessions/${id}/clients/messages`, { body: 'x' }),
        over('PATCH', `/sessions/${id}/typing`, {}),
        over('PUT', `/sessions/${id}/rating`, { rating: 5 }),
        over('PATCH', `/messages/${said?.id ?? ''}/read`),
      ]);
    };
    const told = await ask(session);
    expect(told).toEqual(await ask(nowhere));
    expect(JSON.stringify(told)).not.toMatch(/"success":true|"seq"/);
  }
});
