import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { atWork, creep, handsOver, pass, type AtWork } from '../../../testing/at-work.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { watch } from '../../../testing/listener.ts';
import { json, startReceiver } from '../../../testing/receiver.ts';
import { startTestApp, type TestApp } from '../../../testing/test-app.ts';

const clock = new FakeClock(Date.UTC(2026, 0, 1));
let app: TestApp;
let work: AtWork;
let creeping: Disposable;
beforeAll(async () => {
  creeping = creep(clock);
  app = await startTestApp({ clock });
  work = atWork(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  creeping[Symbol.dispose]();
});

it('whoever takes over from a bot that thinks ends its typing, and what it comes to is not said', async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  const hungUp = Promise.withResolvers<void>();
  await using bot = await startReceiver((call, response) => {
    if (call.body['kind'] === 'start') return json(response, { messages: [{ body: 'Hello' }] });
    response.on('close', () => hungUp.resolve());
    return asked.resolve(response);
  });
  const { id } = await app.start(await work.webhookChat(bot.url));
  const olga = await app.operator('Olga');
  using listener = await watch(app, id);
  await work.send(id, 'help');
  const response = await asked.promise;
  // A bot has three seconds for an answer, and is asked thrice: typing is shown again in time.
  await expect.poll(() => listener.names()).toContain('showTypingIndicator');

  await work.answer(id, olga, 'Good day');
  await expect.poll(() => listener.bodies()).toEqual(['Good day']);
  const heard = listener.names().length;
  await pass(clock, 10);
  expect(listener.names().slice(heard)).toEqual([]);
  await hungUp.promise;
  json(response, { messages: [{ body: 'Too late' }] });
  await pass(clock, 5);
  expect(await work.said(id)).toEqual(['Hello', 'help', 'Good day']);
  expect(bot.received).toHaveLength(2);
});

it('a promised answer that comes after somebody took over is refused, and its deadline has no effect', async () => {
  await using bot = await startReceiver((_call, response) => response.writeHead(202).end());
  const { id } = await app.begun(await work.webhookChat(bot.url), 'hi');
  await expect.poll(() => bot.received.length).toBe(1);
  const olga = await app.operator('Olga');
  await work.act('PATCH', id, `/operators/${olga.id}`);
  const { url } = (bot.received[0]?.body['reply'] ?? { url: '' }) as { url: string };
  const late = await fetch(url, { method: 'POST', body: JSON.stringify({ messages: [{ body: 'Late' }] }) });
  expect([late.status, late.headers.get('x-error-code')]).toEqual([422, 'answer-late']);
  await pass(clock, 70);
  expect(await work.said(id)).toEqual(['hi']);
  expect(await work.details(id)).toMatchObject({ operatorName: 'Olga', botStatus: 'OPERATOR' });
});

it('a client hears that nobody answers when it begins to wait, and never where somebody is there', async () => {
  const olga = await app.operator('Olga');
  const blocks = handsOver(await work.group(olga));
  const chat = await app.chat({ ...blocks, start: { type: 'start', next: 'ask' }, ask });
  const [first, second] = [await app.start(chat), await app.start(chat)];
  using waiting = await watch(app, first.id);
  await work.send(first.id, 'a person, please');
  const operators = (listener: typeof waiting) =>
    listener.events.filter(({ event }) => event === 'operatorChanged').map(({ data }) => data);
  const toNobody = {
    operatorId: '',
    operatorName: null,
    avatar: null,
    previousOperatorName: 'Bot',
    previousOperatorAvatar: null,
  };
  await expect.poll(() => operators(waiting)).toMatchObject([toNobody]);
  await work.online(olga);
  const given = { operatorId: String(olga.id), operatorName: 'Olga' };
  await expect
    .poll(() => operators(waiting))
    .toMatchObject([toNobody, { ...given, previousOperatorId: null, previousOperatorName: null }]);

  using placed = await watch(app, second.id);
  await work.send(second.id, 'a person, please');
  await expect.poll(() => operators(placed)).toMatchObject([{ ...given, previousOperatorName: 'Bot' }]);
});

const ask = { type: 'question', text: 'What is it?', default: 'people' };
