import { originsOf } from '../../platform/origins.ts';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { widgetChannel } from '@molva/contract';
import { Centrifuge, type PublicationContext } from 'centrifuge';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../platform/clock.ts';
import { openDatabase } from '../../platform/database.ts';
import { openLog } from '../../platform/log.ts';
import { Notices } from '../../platform/notices.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';
import { EventStreams } from '../sessions/state/streams.ts';
import { openEmbeddedEngine, type EmbeddedEngine } from './embedded.ts';
import { ChannelStreams } from './streams.ts';

// The engine stands alone beside an application, as on another node: it has the event log and hears what it is told.
const opened = new AsyncDisposableStack();
let app: TestApp;
let engine: EmbeddedEngine;
let url: string;
let chatId: string;
beforeAll(async () => {
  app = opened.use(await startTestApp());
  chatId = await app.chat(echoBlocks);
  const database = opened.use(openDatabase(app.connection, 2, () => undefined));
  engine = opened.use(
    openEmbeddedEngine({
      decisions: {
        connect: async ({ data }) => ({
          result: { user: String(data), meta: { address: '', tokens: {}, audiences: [], sessions: [] }, subs: {} },
        }),
        rpc: async () => ({ error: { code: 104, message: 'method not found' } }),
      },
      disconnected: () => undefined,
      wentBack: () => undefined,
      streams: new ChannelStreams(new EventStreams(database)),
      origins: originsOf([], []),
      version: '1',
      time: systemClock,
      foreignOrigin: () => undefined,
      log: openLog('error', false),
      notices: new Notices(openLog('error', false), systemClock, () => undefined),
      limits: { opened: () => true, closed: () => undefined, command: () => undefined },
      addressOf: () => '',
    }),
  );
  const http = createServer().listen(0, '127.0.0.1');
  http.on('upgrade', (request, socket, head) => engine.handleUpgrade(request, socket, head));
  await once(http, 'listening');
  opened.defer(() => void http.close());
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterAll(() => opened.disposeAsync());

interface Guest {
  readonly id: string;
  readonly heard: unknown[];
  readonly ended: number[];
  readonly channels: Set<string>;
}

async function guest(user: string): Promise<Guest> {
  const client = new Centrifuge(url, { websocket: WebSocket, data: user });
  opened.defer(() => client.disconnect());
  const found = { id: '', heard: [] as unknown[], ended: [] as number[], channels: new Set<string>() };
  client.on('connected', (context) => (found.id = context.client));
  client.on('disconnected', ({ code }) => found.ended.push(code));
  client.on('subscribed', ({ channel }) => found.channels.add(channel));
  client.on('unsubscribed', ({ channel }) => found.channels.delete(channel));
  client.on('publication', ({ data }: PublicationContext) => {
    const { event, data: payload } = data as { event: string; data: { body?: string; authorType: string } };
    found.heard.push(payload.body ?? event);
  });
  client.connect();
  await client.ready(30_000);
  return found;
}

const say = (id: string, body: string) => app.call('POST', `/sessions/${id}/clients/messages`, { body });

it('gives a channel to a user or to one of its clients, says who has it, and takes it away', async () => {
  const { id } = await app.start(chatId);
  const channel = widgetChannel(id);
  const [first, second] = [await guest('anna'), await guest('anna')];
  await engine.subscribe({ user: 'anna', client: first.id }, channel, []);
  await expect.poll(() => first.channels.size).toBe(1);
  expect(await engine.presence(channel)).toEqual([{ client: first.id, user: 'anna' }]);
  await engine.subscribe({ user: 'anna' }, channel, ['client']);
  await expect.poll(() => second.channels.size).toBe(1);
  expect(await engine.presence(channel)).toHaveLength(2);

  await say(id, 'hello');
  engine.wake(channel, 4);
  await expect.poll(() => second.heard).toEqual(['hello', 'You said hello', 'More?']);
  await expect.poll(() => first.heard).toEqual(['You said hello', 'More?']);

  await engine.unsubscribe({ client: first.id }, channel);
  await expect.poll(() => first.channels.size).toBe(0);
  expect(await engine.presence(channel)).toEqual([{ client: second.id, user: 'anna' }]);
  engine.publishPassing(channel, { event: 'showTypingIndicator', data: '{"authorType":"BOT"}', audience: null });
  await expect.poll(() => second.heard.at(-1)).toBe('showTypingIndicator');
  expect(first.heard).toHaveLength(2);
});

it('a channel of a session that does not exist is given to nobody', async () => {
  const boris = await guest('boris');
  const channel = widgetChannel(crypto.randomUUID());
  await expect(engine.subscribe({ user: 'boris' }, channel, [])).rejects.toThrow('does not exist');
  expect([await engine.presence(channel), boris.channels.size]).toEqual([[], 0]);
});

it('ends the connections of a user and of nobody else', async () => {
  const [clara, dora] = [await guest('clara'), await guest('dora')];
  await engine.disconnect({ user: 'clara' });
  await expect.poll(() => clara.ended).toEqual([3503]);
  expect(dora.ended).toEqual([]);
});

it('delivers what it is given only after what it was never given', async () => {
  const { id } = await app.start(chatId);
  const channel = widgetChannel(id);
  const emma = await guest('emma');
  await engine.subscribe({ user: 'emma' }, channel, []);
  await say(id, 'one');
  await say(id, 'two');
  const { body } = await app.call<{ items: { eventSeq: number; event: string; data: object }[] }>(
    'GET',
    `/sessions/${id}/events`,
  );
  const last = body.items.at(-1);
  if (last === undefined) throw new Error('the log is empty');
  const { eventSeq, event, data } = last;
  engine.publish(channel, { event, data: JSON.stringify(data) }, { offset: eventSeq, audience: null });
  await expect.poll(() => emma.heard).toEqual(['You said one', 'More?', 'You said two', 'More?']);
  expect(engine.figures()).toMatchObject({ behind: 0, relayFailures: 0 });
});
