import { generateKeyPairSync } from 'node:crypto';
import type { Session, SessionStarted } from '@molva/contract';
import { Centrifuge } from 'centrifuge';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { IDENTITY_SECRET, identityOf } from '../../testing/identities.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

let app: TestApp;
let chatId: string;
const clients: Centrifuge[] = [];
beforeAll(async () => {
  app = await startTestApp();
  chatId = await app.chat(echoBlocks, { identityVerification: 'required', identitySecret: IDENTITY_SECRET });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(() => app[Symbol.asyncDispose]());

async function connect(settings: Record<string, unknown>): Promise<{ client: Centrifuge; channels: string[] }> {
  const client = new Centrifuge(`${app.url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
    websocket: WebSocket,
    data: { application: 'widget', settings },
  });
  clients.push(client);
  const channels: string[] = [];
  client.on('subscribed', ({ channel }) => channels.push(channel));
  client.connect();
  await client.ready(30_000);
  return { client, channels };
}

const missing = { data: { success: false, code: 'entity-not-found' } };

const begin = async (subject: string): Promise<SessionStarted> => {
  const body = { identityToken: await identityOf(subject) };
  return (await app.call<SessionStarted>('POST', `/chats/${chatId}/sessions`, body)).body;
};

it('a signed identity opens its own sessions to a connection, which may join them', async () => {
  const [mine, other] = [await begin('mine'), await begin('other')];
  const settings = { sessions: [mine.id, other.id], identityToken: await identityOf('mine') };
  const { client, channels } = await connect(settings);
  expect(channels).toEqual([`widget:${mine.id}`]);
  expect((await client.rpc('joinSession', { id: mine.id })).data).toEqual({ success: true });
  await expect(client.rpc('joinSession', { id: other.id })).rejects.toMatchObject({ code: 404 });
});

it('another identity opens none of them, whatever tokens come beside it; nor does one that proves nothing', async () => {
  const { id, sessionToken } = await begin('victim');
  const strangers = [await identityOf('stranger'), await identityOf('victim', {}, `${IDENTITY_SECRET}!`), 'broken'];
  for (const identityToken of strangers) {
    const { client, channels } = await connect({
      sessions: [id],
      sessionTokens: { [id]: sessionToken },
      identityToken,
    });
    expect(channels).toEqual([]);
    await expect(client.rpc('joinSession', { id })).rejects.toMatchObject({ code: 404 });
    for (const [method, data] of [
      ['typing', {}],
      ['rateSession', { rating: 1 }],
      ['sendMessage', { body: 'x', clientMessageId: crypto.randomUUID() }],
    ] as const) {
      expect(await client.rpc(method, { id, ...data })).toEqual(missing);
    }
  }
  const { body } = await app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin);
  expect([body.rating, body.clientOnlineAt]).toEqual([null, null]);
});

it('null is as not given, and the empty list an empty object, in what a connection and its calls say', async () => {
  const { id, sessionToken } = await begin('null');
  const none = { userId: null, echo: null, identityToken: null };
  const { client, channels } = await connect({
    sessions: [id],
    ...none,
    sessionTokens: { [id]: sessionToken, x: null },
  });
  expect(channels).toEqual([`widget:${id}`]);
  expect((await client.rpc('typing', { id, draft: null })).data).toEqual({ success: true });
  expect((await client.rpc('rateSession', { id, rating: 5, comment: null })).data).toEqual({ success: true });
  expect((await connect({ sessions: [], sessionTokens: [] })).channels).toEqual([]);
});

describe('what a chat takes as a proof no longer takes the sessions from open connections at once', () => {
  const pair = () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'pem' }) };
  };
  const change = async (id: string, settings: object) =>
    expect((await app.call('PUT', `/chats/${id}`, settings, app.admin)).status).toBeLessThan(300);
  /** A connection that heard its session, and what came over it since. */
  const listening = async (chat: string, sign: () => Promise<string>) => {
    const { body } = await app.call<SessionStarted>('POST', `/chats/${chat}/sessions`, { identityToken: await sign() });
    const { client } = await connect({ sessions: [body.id], identityToken: await sign() });
    await client.rpc('joinSession', { id: body.id });
    const again = new Promise((resolve) => client.on('connecting', ({ code }) => resolve(code)));
    return { session: body, client, again };
  };

  it('a key that is removed, or a secret that is changed; another key takes nothing', async () => {
    const [old, other] = [pair(), pair()];
    const keys = [{ kid: 'old', publicKey: old.publicKey }];
    const chat = await app.chat(echoBlocks, { identityVerification: 'required', identityKeys: keys });
    const signed = () =>
      new SignJWT({ sub: 'of the key' })
        .setProtectedHeader({ alg: 'RS256', kid: 'old' })
        .setExpirationTime('1h')
        .sign(old.privateKey);
    const { session, client, again } = await listening(chat, signed);
    await change(chat, { identityKeys: [...keys, { kid: 'other', publicKey: other.publicKey }] });
    expect((await client.rpc('rateSession', { id: session.id, rating: 4 })).data).toEqual({ success: true });
    expect(client.state).toBe('connected');
    await change(chat, { identityKeys: [{ kid: 'other', publicKey: other.publicKey }] });
    expect(await again).toBe(3010);
    await client.ready(30_000);
    expect(await client.rpc('rateSession', { id: session.id, rating: 5 })).toEqual(missing);
    const { body } = await app.call<Session>('GET', `/sessions/${session.id}`, undefined, app.admin);
    expect([body.rating, body.clientOfflineAt]).toEqual([4, expect.any(String)]);
    const ofSecret = await listening(chatId, () => identityOf('of the secret'));
    await change(chatId, { identitySecret: `${IDENTITY_SECRET} and another` });
    expect(await ofSecret.again).toBe(3010);
    await change(chatId, { identitySecret: IDENTITY_SECRET });
  });

  it('a proof where none was needed before; sessions of other chats are heard on', async () => {
    const [open, untouched] = [await app.chat(echoBlocks), await app.chat(echoBlocks)];
    const [mine, other] = [await app.start(open), await app.start(untouched)];
    const { client } = await connect({ sessions: [mine.id] });
    const { client: bystander } = await connect({ sessions: [other.id] });
    const again = new Promise((resolve) => client.on('connecting', ({ code }) => resolve(code)));
    await change(open, { identityVerification: 'required', identitySecret: IDENTITY_SECRET });
    expect(await again).toBe(3010);
    await client.ready(30_000);
    await expect(client.rpc('joinSession', { id: mine.id })).rejects.toMatchObject({ code: 404 });
    expect(bystander.state).toBe('connected');
  });
});
