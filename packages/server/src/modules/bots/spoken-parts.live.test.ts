import { setTimeout as wait } from 'node:timers/promises';
import { Centrifuge, type PublicationContext } from 'centrifuge';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { ListPage, LoggedEvent, Message, SessionStarted } from '@molva/contract';
import { startTestApp, type Operator, type TestApp } from '../../testing/test-app.ts';
import type { AskContext, BotTurn, RemoteBot, RemoteQuestion } from '../sessions/index.ts';
import { Bots } from './index.ts';

/** A question that is under way: the test is the bot. */
interface Asked extends AskContext {
  readonly question: RemoteQuestion;
  answer(...bodies: readonly string[]): void;
}

const asked: Asked[] = [];

/** A bot elsewhere that answers when the test does; called off, it gives up. */
function spokenBot(id: string): RemoteBot {
  return {
    kind: 'remote',
    id,
    name: 'Speaker',
    language: 'en',
    answerTimeoutMs: 30_000,
    hasNode: () => false,
    begin: () => ({ variables: {} }),
    withVariables: (state) => state,
    systemVariables: () => ({}),
    read: () => {
      throw new Error('it never answers later');
    },
    ask(_session, _state, question, context) {
      const given = Promise.withResolvers<BotTurn>();
      context.signal.addEventListener('abort', () => given.reject(new Error('called off')));
      asked.push({ ...context, question, answer: (...bodies) => given.resolve(turn(bodies)) });
      return given.promise;
    },
  };
}

function turn(bodies: readonly string[]): BotTurn {
  const rest = { answers: [], keyboard: null, attachments: [], actions: [], nodeId: '' };
  return {
    state: { variables: {} },
    status: 'WAIT',
    messages: bodies.map((body) => ({ body, type: 'REGULAR', ...rest })),
    pause: null,
    deadline: null,
    handOver: null,
    results: {},
    facts: [],
    path: [],
  };
}

let app: TestApp;
let olga: Operator;
let chatId: string;
let botId: string;
const ready = vi.spyOn(Bots.prototype, 'ready');
beforeAll(async () => {
  app = await startTestApp();
  olga = await app.operator('Olga');
  const webhook = { url: 'http://127.0.0.1:1/', secret: 'a secret of sixteen and more' };
  const bot = await app.call<{ id: string }>('POST', '/bots', { name: 'Speaker', webhook }, app.admin);
  botId = bot.body.id;
  // Of the product no bot speaks in parts: the one that is found is the test's.
  ready.mockImplementation(async (id) => (id === botId ? spokenBot(id) : undefined));
  const chat = await app.call<{ id: string }>('POST', '/chats', { name: 'Chat', botId }, app.admin);
  chatId = chat.body.id;
});
beforeEach(() => void (asked.length = 0));
afterAll(async () => {
  ready.mockRestore();
  await app[Symbol.asyncDispose]();
});

interface Envelope {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** A client that listens to a session with the official library. */
async function listen(sessionId: string, settings: object): Promise<Disposable & { heard: Envelope[] }> {
  const client = new Centrifuge(`${app.url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
    websocket: WebSocket,
    name: 'js',
    data: { application: 'widget', settings: { sessions: [sessionId], ...settings } },
  });
  const heard: Envelope[] = [];
  client.on('publication', (context: PublicationContext) => heard.push(context.data as Envelope));
  client.connect();
  await client.ready(30_000);
  return { heard, [Symbol.dispose]: () => client.disconnect() };
}

const partsOf = (heard: readonly Envelope[]) =>
  heard.flatMap(({ event, data }) => (event === 'chatMessagePart' ? [data] : []));
const shown = (heard: readonly Envelope[]): string =>
  partsOf(heard).reduce((text, part) => text.slice(0, Number(part['at'])) + String(part['text']), '');
const say = (id: string, body: string) => app.call('POST', `/sessions/${id}/clients/messages`, { body });
const take = (id: string) => app.call('PATCH', `/sessions/${id}/operators/${olga.id}`, undefined, olga.header);

/** A session whose bot is being asked. */
async function asking(): Promise<{ session: SessionStarted; now: Asked }> {
  const session = await app.begun(chatId, 'hello');
  // It has nothing to say before the client does.
  (await nextAsked(1)).answer();
  return { session, now: await nextAsked(2) };
}

async function nextAsked(count: number): Promise<Asked> {
  await vi.waitUntil(() => asked.length >= count, { timeout: 30_000 });
  const found = asked[count - 1];
  if (found === undefined) throw new Error('nothing was asked');
  return found;
}

it('parts are heard on the echo alone, in order and joined, before the whole, which has their id', async () => {
  const { session, now } = await asking();
  using echo = await listen(session.id, { echo: true });
  using plain = await listen(session.id, {});
  const text = 'To be or not to be, that is the question';
  for (let at = 0; at < text.length; at += 2) now.emit({ at, text: text.slice(at, at + 2) });
  await expect.poll(() => shown(echo.heard)).toBe(text);
  // The first at once, the others when there was time for another: twenty pieces are no twenty parts.
  expect(partsOf(echo.heard).length).toBeLessThan(10);
  now.emit({ at: text.length, text: '.' });
  now.answer(`${text}.`, 'And more');

  await expect.poll(() => plain.heard.map(({ data }) => data['body'])).toEqual([`${text}.`, 'And more']);
  await expect.poll(() => echo.heard.at(-1)?.data['body']).toBe('And more');
  now.emit({ at: 0, text: 'too late' });
  await wait(300);
  const { id } = now.question;
  expect(partsOf(echo.heard).every((part) => part['id'] === id)).toBe(true);
  expect(partsOf(echo.heard).map(({ done }) => done)).toEqual(
    partsOf(echo.heard).map((_part, n, { length }) => n === length - 1),
  );
  expect(shown(echo.heard)).toBe(`${text}.`);
  expect(echo.heard.slice(-3).map(({ event, data }) => [event, data['id'] === id])).toEqual([
    ['chatMessagePart', true],
    ['chatMessageCreated', true],
    ['chatMessageCreated', false],
  ]);
  const log = await app.call<{ items: LoggedEvent[] }>('GET', `/sessions/${session.id}/events?limit=100`);
  expect(log.body.items.map(({ event }) => event)).not.toContain('chatMessagePart');
});

it('a bot that does not speak in parts shows none', async () => {
  const { session, now } = await asking();
  using echo = await listen(session.id, { echo: true });
  now.answer('Whole');
  await expect.poll(() => echo.heard.map(({ data }) => data['body'])).toEqual(['Whole']);
});

it('nothing is heard of a question that somebody took over, not even what was waiting to be shown', async () => {
  const { session, now } = await asking();
  using echo = await listen(session.id, { echo: true });
  now.emit({ at: 0, text: 'I was' });
  await expect.poll(() => shown(echo.heard)).toBe('I was');
  now.emit({ at: 5, text: ' about to' });
  expect((await take(session.id)).status).toBe(204);
  now.emit({ at: 14, text: ' say' });
  expect(now.signal.aborted).toBe(true);
  await wait(500);
  await app.call('POST', `/sessions/${session.id}/operators/messages`, { body: 'Hello' }, olga.header);
  await expect.poll(() => echo.heard.at(-1)?.data['body']).toBe('Hello');
  const changed = echo.heard.findIndex(({ event }) => event === 'operatorChanged');
  expect(partsOf(echo.heard.slice(changed))).toEqual([]);
});

it('the history is the newest messages, oldest first, without those that were deleted', async () => {
  const { session, now } = await asking();
  now.answer('one', 'two');
  const messages = async () =>
    (await app.call<ListPage<Message>>('GET', `/sessions/${session.id}/messages?limit=100`)).body.items;
  await expect.poll(async () => (await messages()).length).toBe(3);
  expect((await take(session.id)).status).toBe(204);
  const path = `/sessions/${session.id}/operators`;
  const slip = await app.call('POST', `${path}/messages`, { body: 'A slip' }, olga.header);
  expect((await app.call('DELETE', `/messages/${String(slip.body['id'])}`, [], olga.header)).status).toBe(204);
  await say(session.id, 'next');
  expect((await app.call('PATCH', `${path}/${botId}`, undefined, olga.header)).status).toBe(204);
  const second = await nextAsked(3);
  const history = async (most: number) =>
    (await second.history(most)).map(({ authorType, body }) => [authorType, body]);
  const newest = [
    ['BOT', 'one'],
    ['BOT', 'two'],
    ['CLIENT', 'next'],
  ];
  expect(await history(3)).toEqual(newest);
  expect(await history(10_000)).toEqual([['CLIENT', 'hello'], ...newest]);
  const at = (await messages()).map(({ createdAt }) => Date.parse(createdAt));
  // What goes out on the wire is in whole seconds.
  const seconds = (await second.history(4)).map(({ createdAt }) => Math.floor(createdAt / 1000) * 1000);
  expect(seconds).toEqual(at);
  second.answer();
});

it('a close calls the question off', async () => {
  const { session, now } = await asking();
  expect(now.signal.aborted).toBe(false);
  expect((await app.call('DELETE', `/sessions/${session.id}`, {}, app.admin)).status).toBe(204);
  expect(now.signal.aborted).toBe(true);
});

it('a stop calls the question off, and whoever starts next asks it again under the same id', async () => {
  const { session, now } = await asking();
  await app.restart();
  expect(now.signal.aborted).toBe(true);
  const tries = () => asked.filter(({ question }) => question.id === now.question.id);
  await expect.poll(() => tries().length).toBe(2);
  tries()[1]?.answer('After all');
  await expect
    .poll(async () => {
      const page = await app.call<ListPage<Message>>('GET', `/sessions/${session.id}/messages`);
      return page.body.items.map(({ id, body }) => [id === now.question.id, body]);
    })
    .toEqual([
      [false, 'hello'],
      [true, 'After all'],
    ]);
});
