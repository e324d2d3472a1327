import type { EventPage, ListPage, Session } from '@molva/contract';
import { createChat, memoryStorage, type Chat, type ChatOptions } from '@molva/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { creep } from '../packages/server/src/testing/at-work.ts';
import { FakeClock } from '../packages/server/src/testing/fake-clock.ts';
import { echoBlocks, startTestApp, type TestApp } from '../packages/server/src/testing/test-app.ts';

const MINUTE = 60_000;
const identitySecret = 'a secret of thirty-two characters or more';
const verifying = { identityVerification: 'optional', identitySecret };
const clock = new FakeClock(Date.UTC(2026, 0, 1));
let app: TestApp;
let creeping: Disposable;
const chats: Chat[] = [];
beforeAll(async () => {
  creeping = creep(clock);
  app = await startTestApp({ clock });
});
afterEach(() => {
  for (const chat of chats.splice(0)) chat.stop();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  creeping[Symbol.dispose]();
});

function open(chatId: string, more: Partial<ChatOptions> = {}): Chat {
  const chat = createChat({ url: app.url, chatId, storage: memoryStorage(), ...more });
  chats.push(chat);
  return chat;
}

const idOf = (chat: Chat): string => chat.state.session?.id ?? '';
const close = (chat: Chat) => app.call('DELETE', `/sessions/${idOf(chat)}`, {}, app.admin);
const delivery = (chat: Chat, said: string) => chat.state.messages.find(({ body }) => body === said)?.delivery;

/** A network that can be away. */
function network(): { down: boolean; readonly options: Partial<ChatOptions> } {
  const sockets = new Set<WebSocket>();
  const state = {
    away: false,
    get down() {
      return state.away;
    },
    set down(away: boolean) {
      state.away = away;
      if (away) for (const socket of sockets) socket.close();
    },
  };
  class Socket extends WebSocket {
    constructor(url: string | URL) {
      super(state.away ? 'ws://127.0.0.1:1' : url);
      sockets.add(this);
    }
  }
  const fetcher: typeof fetch = (...call) => {
    if (state.away) return Promise.reject(new TypeError('no network'));
    return fetch(...call);
  };
  return Object.assign(state, { options: { websocket: Socket, fetch: fetcher } });
}

describe.each([
  ['that wants no proof', {}],
  ['that verifies', verifying],
])('in a chat %s', (_which, settings) => {
  it('a visitor talks for longer than the life of its session was at the start', async () => {
    const chat = open(await app.chat(echoBlocks, { sessionTtl: 60, ...settings }));
    await chat.start();
    for (const said of ['one', 'two', 'three', 'four']) {
      clock.advance(40_000);
      chat.send(said);
      await expect.poll(() => delivery(chat, said)).toBe('sent');
    }
    expect(chat.state.connection).toBe('live');
  });

  it.each([
    ['two hours', 120],
    ['a weekend', 60 * 60],
  ])('whoever slept for %s learns that its session is over', async (_time, minutes) => {
    const net = network();
    const chat = open(await app.chat(echoBlocks, { sessionRatingRequired: true, ...settings }), net.options);
    const closed: unknown[] = [];
    chat.on('closed', (value) => closed.push(value));
    await chat.start();
    net.down = true;
    await close(chat);
    clock.advance(minutes * MINUTE);
    net.down = false;
    await expect.poll(() => chat.state.connection).toBe('closed');
    expect([closed.length, chat.state.error]).toEqual([1, null]);
    chat.send('too late');
    await expect.poll(() => delivery(chat, 'too late')).toBe('failed');
    expect([chat.state.connection, chat.state.closed]).toEqual(['closed', closed[0]]);
    await chat.start();
    expect(chat.state.connection).toBe('live');
  });
});

it('what is written after the end is refused, and told to the application', async () => {
  const chat = open(await app.chat(echoBlocks));
  const errors: unknown[] = [];
  chat.on('error', ({ details }) => errors.push(details.code));
  await chat.start();
  await close(chat);
  await expect.poll(() => chat.state.connection).toBe('closed');
  chat.send('and another thing');
  await expect.poll(() => delivery(chat, 'and another thing')).toBe('failed');
  expect(errors).toEqual(['session-closed']);
});

it('a start that is stopped and begun again while its call is under way is one session', async () => {
  const chatId = await app.chat(echoBlocks);
  const called = Promise.withResolvers<void>();
  const calls: typeof fetch = (...call) => {
    called.resolve();
    return fetch(...call);
  };
  const chat = open(chatId, { fetch: calls });
  const first = chat.start().catch((error: unknown) => error);
  await called.promise;
  chat.stop();
  await chat.start();
  expect(await first).toBeInstanceOf(Error);
  await expect.poll(() => chat.state.messages.map(({ body }) => body)).toEqual(['Say something']);
  const { body } = await app.call<ListPage<Session>>('GET', `/sessions?chatId=${chatId}`, undefined, app.admin);
  expect(body.count).toBe(1);
});

it('another session that is asked for while a start is under way is another session', async () => {
  const chatId = await app.chat(echoBlocks);
  const chat = open(chatId);
  const first = chat.start().catch((error: unknown) => error);
  await chat.newSession();
  await first;
  await expect.poll(() => chat.state.messages.map(({ body }) => body)).toEqual(['Say something']);
  const log = await app.call<EventPage>('GET', `/sessions/${idOf(chat)}/events`);
  expect(log.body.items.length).toBe(1);
});
