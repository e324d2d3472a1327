import { createChat, memoryStorage, type Chat, type ChatOptions } from '@molva/sdk';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { echoBlocks, startTestApp, type TestApp } from '../packages/server/src/testing/test-app.ts';

const DAY = 24 * 60 * 60 * 1000;
let app: TestApp;
const chats: Chat[] = [];
beforeAll(async () => {
  app = await startTestApp();
});
afterEach(() => {
  for (const chat of chats.splice(0)) chat.stop();
});
afterAll(() => app[Symbol.asyncDispose]());

function open(chatId: string, more: Partial<ChatOptions>): Chat {
  const chat = createChat({ url: app.url, chatId, storage: memoryStorage(), ...more });
  chats.push(chat);
  return chat;
}

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));
const keyOf = (init: RequestInit | undefined) => new Headers(init?.headers).get('idempotency-key');
const losing: typeof fetch = async (...call) => {
  await fetch(...call);
  throw new TypeError('the answer was lost');
};

/** Begins a session whose answer is lost, as a page does that is left; answers the key it went by. */
async function leave(chatId: string, more: Partial<ChatOptions>): Promise<string | null> {
  let key: string | null = null;
  const chat = open(chatId, {
    ...more,
    fetch: (url, init) => {
      key = keyOf(init);
      return losing(url, init);
    },
  });
  const starting = chat.start().catch(() => undefined);
  await expect.poll(() => chat.state.connection).toBe('waiting');
  chat.stop();
  await starting;
  return key;
}

it('a chat that is stopped while it reads its history sends nothing', async () => {
  const asked = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  let writes = 0;
  const chat = open(await app.chat(echoBlocks), {
    fetch: async (url, init) => {
      if (init?.method === 'GET') {
        asked.resolve();
        await read.promise;
      }
      if (init?.method === 'POST') writes++;
      return fetch(url, init);
    },
  });
  chat.send('kept for later');
  const starting = chat.start().catch(() => undefined);
  await asked.promise;
  chat.stop();
  await starting;
  read.resolve();
  await fetch(app.url);
  for (let turn = 0; turn < 100; turn++) await nextTurn();
  expect(writes).toBe(0);
  await chat.start();
  await expect.poll(() => writes).toBe(1);
});

it('a chat that is stopped while its storage is read starts nothing', async () => {
  const read = Promise.withResolvers<null>();
  const calls: unknown[] = [];
  const fetcher: typeof fetch = (...call) => {
    calls.push(call);
    return fetch(...call);
  };
  const storage = { ...memoryStorage(), get: () => read.promise };
  const chat = open(await app.chat(echoBlocks), { storage, fetch: fetcher });
  const starting = chat.start().catch((error: unknown) => error);
  chat.stop();
  read.resolve(null);
  expect(await starting).toBeInstanceOf(Error);
  expect([calls.length, chat.state.connection]).toEqual([0, 'stopped']);
});

it('what is written before the start goes into the session that is remembered', async () => {
  const chatId = await app.chat(echoBlocks);
  const storage = memoryStorage();
  const first = open(chatId, { storage });
  await first.start();
  first.stop();
  const second = open(chatId, { storage });
  second.send('early');
  await second.start();
  expect(second.state.session?.id).toBe(first.state.session?.id);
  await expect.poll(() => second.state.messages.map(({ body }) => body)).toContain('You said early');
});

it.each([
  ['an hour', DAY / 24, true],
  ['a day', DAY, false],
])('a start that nobody answered is repeated %s later: %s ms, %s', async (_time, later, repeated) => {
  const chatId = await app.chat(echoBlocks);
  const storage = memoryStorage();
  const left = await leave(chatId, { storage });
  const keys: (string | null)[] = [];
  const chat = open(chatId, {
    storage,
    clock: {
      now: () => Date.now() + later,
      setTimeout: (callback, milliseconds) => {
        const timer = setTimeout(callback, milliseconds);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    fetch: (url, init) => {
      const key = keyOf(init);
      if (key !== null) keys.push(key);
      return fetch(url, init);
    },
  });
  await chat.start();
  expect(keys.map((key) => key === left)).toEqual([repeated]);
});

it('the late answer of a start that was left leaves the key of the one after it', async () => {
  const chatId = await app.chat(echoBlocks);
  const storage = memoryStorage();
  const answered = Promise.withResolvers<void>();
  const called = Promise.withResolvers<void>();
  const keys: (string | null)[] = [];
  const chat = open(chatId, {
    storage,
    startMode: 'new',
    fetch: async (url, init) => {
      keys.push(keyOf(init));
      if (keys.length > 1) return losing(url, init);
      const answer = await fetch(url, init);
      called.resolve();
      await answered.promise;
      return answer;
    },
  });
  const first = chat.start().catch(() => undefined);
  await called.promise;
  const second = chat.newSession().catch(() => undefined);
  await expect.poll(() => chat.state.connection).toBe('waiting');
  answered.resolve();
  for (let turn = 0; turn < 100; turn++) await nextTurn();
  chat.stop();
  await Promise.all([first, second]);
  const next: (string | null)[] = [];
  const later = open(chatId, {
    storage,
    startMode: 'new',
    fetch: (url, init) => {
      next.push(keyOf(init));
      return fetch(url, init);
    },
  });
  await later.start();
  expect(next[0]).toBe(keys[1]);
});
