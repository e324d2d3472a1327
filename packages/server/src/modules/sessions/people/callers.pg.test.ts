import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../../platform/database.ts';
import { atWork, type AtWork } from '../../../testing/at-work.ts';
import { startReceiver } from '../../../testing/receiver.ts';
import { runSql } from '../../../testing/rows.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';

let app: TestApp;
let work: AtWork;
beforeAll(async () => {
  app = await startTestApp();
  work = atWork(app);
});
afterAll(() => app[Symbol.asyncDispose]());

it('what a bot says while an operator waits for a transfer is sent to the session’s callback address', async () => {
  await using integrator = await startReceiver();
  const olga = await app.operator('Olga');
  const script = await app.bot({
    start: { type: 'start', next: 'sorry' },
    sorry: { type: 'question', text: 'Nobody is here' },
  });
  const chat = await app.chat(echoBlocks, { operatorNotFoundBotId: script });
  const { id } = await app.start(chat, { returnAnswerAsync: true, callbackUrl: integrator.url });
  await work.act('PATCH', id, `/operators/${olga.id}`);
  await work.act('PATCH', id, `/groupoperators/${await work.group()}`);
  expect(await work.said(id)).toContain('Nobody is here');
  const texts = () =>
    integrator.received.flatMap(({ body }) => (body['messages'] as { body: string }[]).map((message) => message.body));
  await expect.poll(texts).toContain('Nobody is here');
});

it('who takes somebody out of a session does not wait for the pause of its bot', async () => {
  await using database = openDatabase(app.connection, 1, () => undefined);
  const olga = await app.operator('Olga');
  const pauses = {
    start: { type: 'start', next: 'pause' },
    pause: { type: 'pause', seconds: 60, next: 'end' },
    end: { type: 'end', text: 'Bye' },
  };
  const later = { returnAnswerAsync: true, callbackUrl: 'http://127.0.0.1:1/answers' };
  const { id } = await app.start(await app.chat(pauses), later);
  await work.act('PUT', id, `/operators/${olga.id}`);
  expect((await work.details(id)).operators.map(({ id: by }) => by)).toContain(olga.id);
  const removed = work.act('DELETE', id, `/operators/${olga.id}`).then(({ status }) => status);
  const first = await Promise.race([
    removed,
    (async () => {
      const left = () =>
        runSql(database, `select 1 from sessions where id = $1 and operators::text like '%Olga%'`, [id]);
      await expect.poll(left).toEqual([]);
      for (let looks = 0; looks < 200; looks++) await left();
      return 'waits';
    })(),
  ]);
  expect(first).toBe(204);
});
