import type { Session } from '@molva/contract';
import { Centrifuge } from 'centrifuge';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openDatabase, type Database } from '../../platform/database.ts';
import { startReceiver, type Receiver } from '../../testing/receiver.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

let app: TestApp;
let database: Database;
let integrator: Receiver;
let chatId: string;
const clients: Centrifuge[] = [];
/** What the integrator heard of who is there, by session. */
const heard: { session: string; event: string }[] = [];
beforeAll(async () => {
  integrator = await startReceiver(({ body }, response) => {
    const { sessionId, event } = body as { sessionId: string; event: string };
    heard.push({ session: sessionId, event });
    response.writeHead(204).end();
  });
  app = await startTestApp();
  database = openDatabase(app.connection, 1, () => undefined);
  chatId = await app.chat(echoBlocks, {
    eventCallbackUrl: integrator.url,
    notifyOnEvents: ['clientOnline', 'clientOffline'],
  });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await integrator[Symbol.asyncDispose]();
});

async function visitor(sessionId: string): Promise<Centrifuge> {
  const client = new Centrifuge(`${app.url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
    websocket: WebSocket,
    data: { application: 'widget', settings: { sessions: [sessionId] } },
  });
  clients.push(client);
  client.connect();
  await client.ready(30_000);
  await client.rpc('joinSession', { id: sessionId });
  return client;
}

const details = async (id: string): Promise<Session> =>
  (await app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin)).body;
const isOnline = async (id: string): Promise<boolean> => {
  const { clientOnlineAt, clientOfflineAt } = await details(id);
  return clientOnlineAt !== null && (clientOfflineAt === null || clientOfflineAt < clientOnlineAt);
};
const connections = async (): Promise<number> => {
  const text = await app.metrics();
  return Number(/^molva_live_connections (\d+)$/m.exec(text)?.[1]);
};
const heardOf = (id: string): string[] => heard.filter(({ session }) => session === id).map(({ event }) => event);

it('of two connections the last one counts, however it spells the session', async () => {
  const { id } = await app.start(chatId);
  const first = await visitor(id);
  const second = await visitor(id.toUpperCase());
  first.disconnect();
  await expect.poll(connections).toBe(1);
  await second.rpc('typing', { id });
  expect(await isOnline(id)).toBe(true);
  await second.rpc('leaveSession', { id });
  await expect.poll(() => isOnline(id)).toBe(false);
  await expect.poll(() => heardOf(id)).toEqual(['CLIENT_ONLINE', 'CLIENT_OFFLINE']);
});

it('a page that is loaded again and again is there in the end', async () => {
  const { id } = await app.start(chatId);
  let page = await visitor(id);
  for (let load = 0; load < 10; load++) {
    page.disconnect();
    page = await visitor(id);
  }
  expect(await isOnline(id)).toBe(true);
  page.disconnect();
  await expect.poll(() => isOnline(id)).toBe(false);
});

it('who is there when the session closes is not there for ever', async () => {
  const { id } = await app.start(chatId);
  const client = await visitor(id);
  for (const body of ['x', 'bye']) await app.call('POST', `/sessions/${id}/clients/messages`, { body });
  client.disconnect();
  await expect.poll(() => isOnline(id)).toBe(false);
  await expect.poll(() => heardOf(id)).toEqual(['CLIENT_ONLINE']);
});

it('who was there when the process died is offline soon after the next start, and who came back is not', async () => {
  const [gone, back] = [await app.start(chatId), await app.start(chatId)];
  for (const { id } of [gone, back]) await visitor(id);
  for (const client of clients.splice(0)) client.disconnect();
  for (const { id } of [gone, back]) await expect.poll(() => isOnline(id)).toBe(false);
  // As a process leaves it that is killed: its sessions name a fence that is no more.
  const text = `update sessions set online_on = 1000000, client_online_at = now(), version = version + 1 where id = any($1)`;
  await database.query({ text }, [[gone.id, back.id]]);
  await app.restart();
  await visitor(back.id);
  await expect.poll(() => isOnline(gone.id)).toBe(false);
  await expect.poll(() => heardOf(gone.id)).toEqual(['CLIENT_ONLINE', 'CLIENT_OFFLINE', 'CLIENT_OFFLINE']);
  expect(await isOnline(back.id)).toBe(true);
});
