import type { ListPage, Session } from '@molva/contract';
import { createChat, memoryStorage } from '@molva/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { IDENTITY_SECRET, identityOf } from '../packages/server/src/testing/identities.ts';
import { echoBlocks, startTestApp, type TestApp } from '../packages/server/src/testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

it('a start whose answer is lost begins one session', async () => {
  const chatId = await app.chat(echoBlocks);
  let lost = false;
  const losing: typeof fetch = async (...call) => {
    const answer = await fetch(...call);
    if (lost) return answer;
    lost = true;
    throw new TypeError('the answer was lost');
  };
  const chat = createChat({ url: app.url, chatId, storage: memoryStorage(), fetch: losing });
  await using _stopping = { [Symbol.asyncDispose]: async () => chat.stop() };
  await chat.start();
  const path = `/sessions?chatId=${chatId}`;
  const { items } = (await app.call<ListPage<Session>>('GET', path, undefined, app.admin)).body;
  expect(items.map(({ id }) => id)).toEqual([chat.state.session?.id]);
});

it('the next user of a browser gets no session of the one before, and is not kept out by a start that he left', async () => {
  const settings = { identityVerification: 'required', identitySecret: IDENTITY_SECRET };
  const chatId = await app.chat(echoBlocks, settings);
  const storage = memoryStorage();
  const open = async (user: string, fetcher: typeof fetch = fetch) =>
    createChat({ url: app.url, chatId, storage, identityToken: await identityOf(user), fetch: fetcher });
  const left = await open('first', async (...call) => {
    await fetch(...call);
    throw new TypeError('the answer was lost');
  });
  const starting = left.start().catch(() => undefined);
  await expect.poll(() => left.state.connection).toBe('waiting');
  left.stop();
  await starting;
  const second = await open('second');
  await second.start();
  second.send('of the second');
  await expect.poll(() => second.state.messages.map(({ body }) => body)).toContain('You said of the second');
  second.stop();
  const third = await open('third');
  await third.start();
  third.stop();
  expect(third.state.session?.id).not.toBe(second.state.session?.id);
  expect(third.state.messages.map(({ body }) => body)).not.toContain('of the second');
});
