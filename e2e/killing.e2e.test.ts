import { setTimeout as sleep } from 'node:timers/promises';
import type { ListPage, Message } from '@molva/contract';
import { createChat, memoryStorage } from '@molva/sdk';
import { expect, it } from 'vitest';
import { echoChat } from './support/echo.ts';
import { Figures } from './support/figures.ts';
import { MolvaProcess, untilReady } from './support/molva.ts';

const MESSAGES = 200;
const KILLS = 10;

it('200 messages arrive once each and in order on both sides while the process is killed ten times', async () => {
  await using molva = await MolvaProcess.start();
  const chatId = await echoChat(molva);
  const chat = createChat({ url: molva.url, chatId, storage: memoryStorage() });
  // The instants at which messages were seen first, at which the process was killed, and ready again.
  const seen = new Map<string, number>();
  const lives: { readonly killed: number; readonly ready: number }[] = [];
  chat.subscribe(() => {
    for (const { id, seq } of chat.state.messages) if (seq !== null && !seen.has(id)) seen.set(id, Date.now());
  });
  await chat.start();

  const texts = Array.from({ length: MESSAGES }, (_, index) => `message ${index}`);
  const sending = (async () => {
    for (const text of texts) {
      chat.send(text);
      await sleep(Math.random() * 60);
    }
  })();
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(200 + Math.random() * 700);
    const killed = Date.now();
    await molva.signal('SIGKILL');
    await molva.run();
    lives.push({ killed, ready: await untilReady(molva.url) });
  }
  await sending;

  const answers = texts.map((text) => `You said ${text}`);
  const said = (author: string): string[] =>
    chat.state.messages.filter((message) => message.author === author).map(({ body }) => body);
  const answered = (): string[] => said('BOT').filter((body) => body.startsWith('You said'));
  await expect.poll(() => answered().length, { timeout: 60_000 }).toBe(MESSAGES);
  expect(said('CLIENT')).toEqual(texts);
  expect(answered()).toEqual(answers);
  expect(chat.state.messages.map(({ seq }) => seq)).toEqual(chat.state.messages.map((_, index) => index + 1));

  const page = await fetch(`${molva.url}/api/v1/sessions/${chat.state.session?.id}/messages?limit=1000`);
  const { items } = (await page.json()) as ListPage<Message>;
  expect(items.filter(({ authorType }) => authorType === 'CLIENT').map(({ body }) => body)).toEqual(texts);
  expect(items.map(({ id }) => id)).toEqual(chat.state.messages.map(({ id }) => id));
  const late = new Figures();
  for (const { id, createdAt } of items) {
    const [made, at] = [Date.parse(createdAt), seen.get(id) ?? Infinity];
    // Where the process was killed in between, it was heard by whoever is connected to the next one.
    late.add(at, lives.findLast(({ killed }) => made < killed && killed <= at)?.ready ?? made);
  }
  late.print('messages heard after they were made or after the next readiness, server killed ten times');
  chat.stop();
}, 300_000);
