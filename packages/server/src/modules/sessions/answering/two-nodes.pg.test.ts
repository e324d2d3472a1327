import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { atWork } from '../../../testing/at-work.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { startReceiver } from '../../../testing/receiver.ts';
import { echoBlocks, startTestApp, testSecrets, type Operator, type TestApp } from '../../../testing/test-app.ts';

const secrets = testSecrets(randomBytes(32));

it('a later answer is taken, or refused as late, by what is true on whichever node it comes to', async () => {
  await using one = await startTestApp({ secrets });
  // Its time stands still: timers are for the other one.
  const clock = new FakeClock(Date.now());
  await using other = await startTestApp({ secrets, clock, connection: one.connection });
  const work = atWork(one);
  await using bot = await startReceiver((_call, response) => response.writeHead(202).end());
  const { id } = await one.begun(await work.webhookChat(bot.url), 'hi');
  await work.send(id, 'hello');
  await expect.poll(() => bot.received.length).toBe(1);
  // The other node has seen the session as it is now, with the first question open.
  expect((await other.call('GET', `/sessions/${id}`)).status).toBe(200);

  const answer = async (question: number, text: string, at: string) => {
    const { url } = (bot.received[question]?.body['reply'] ?? { url: '' }) as { url: string };
    const called = await fetch(at + new URL(url).pathname, {
      method: 'POST',
      body: JSON.stringify({ messages: [{ body: text }] }),
    });
    return [called.status, called.headers.get('x-error-code')];
  };
  expect(await answer(0, 'To the first', one.url)).toEqual([204, null]);
  expect(await answer(0, 'Once more', other.url)).toEqual([422, 'answer-late']);
  await expect.poll(() => bot.received.length).toBe(2);
  expect(await answer(1, 'To the second', other.url)).toEqual([204, null]);
  expect(await work.said(id)).toEqual(['hi', 'hello', 'To the first', 'To the second']);
});

it('who answers is one, whichever nodes give and take the session at once', async () => {
  await using one = await startTestApp({ secrets });
  await using other = await startTestApp({ secrets, connection: one.connection });
  const work = atWork(one);
  const operators = [await one.operator('A'), await one.operator('B')];
  const group = await work.group(...operators);
  await work.online(...operators);
  const chat = await one.chat({
    start: { type: 'start', next: 'people' },
    people: { type: 'operator', group },
  });
  const started = await Promise.all(Array.from({ length: 12 }, (_, index) => (index % 2 ? one : other).start(chat)));
  const given = await Promise.all(started.map(async ({ id }) => (await work.details(id)).operatorName));
  expect(given.toSorted()).toEqual([...Array<string>(6).fill('A'), ...Array<string>(6).fill('B')]);
  for (const { id } of started) expect(await work.events(id, 'operatorChanged')).toHaveLength(1);
});

it('what people do in a session is refused, or nothing to do, by what is true, not by what a node remembers', async () => {
  await using one = await startTestApp({ secrets });
  await using other = await startTestApp({ secrets, connection: one.connection });
  const [olga, ivan] = [await one.operator('Olga'), await one.operator('Ivan')];
  const { id } = await one.start(await one.chat(echoBlocks));
  const act = async (app: TestApp, method: string, operator: Operator) =>
    (await app.call(method, `/sessions/${id}/operators/${operator.id}`, [], one.admin)).status < 300;
  const answersIn = async () => (await atWork(one).details(id)).operatorName;

  // The other node has given it to Ivan, and has not heard of Olga.
  expect(await act(other, 'PATCH', ivan)).toBe(true);
  expect(await act(one, 'PATCH', olga)).toBe(true);
  expect((await atWork(other).answer(id, olga, 'Good day')).status).toBe(201);
  expect(await act(one, 'PATCH', ivan)).toBe(true);
  expect(await act(other, 'PATCH', olga)).toBe(true);
  expect(await answersIn()).toBe('Olga');
  expect(await act(one, 'DELETE', ivan)).toBe(true);
  expect(await act(other, 'PUT', ivan)).toBe(true);
  expect(await act(one, 'DELETE', olga)).toBe(true);
  // He takes part, as the other node was told.
  expect(await answersIn()).toBe('Ivan');
});
