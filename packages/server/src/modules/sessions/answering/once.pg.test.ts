import { expect, it } from 'vitest';
import { atWork } from '../../../testing/at-work.ts';
import { echoBlocks, startTestApp } from '../../../testing/test-app.ts';

it('an operator’s message that comes again is answered as the first one after the session has gone to others', async () => {
  await using app = await startTestApp();
  const work = atWork(app);
  const [olga, ivan] = [await app.operator('Olga'), await app.operator('Ivan')];
  const { id } = await app.start(await app.chat(echoBlocks));
  const say = () =>
    app.call(
      'POST',
      `/sessions/${id}/operators/messages`,
      { body: 'Hello' },
      { ...olga.header, 'idempotency-key': 'one' },
    );
  const first = await say();
  expect(first.status).toBe(201);
  await work.act('PATCH', id, `/operators/${ivan.id}`);
  await work.act('DELETE', id, `/operators/${olga.id}`);
  const again = await say();
  expect({ ...again.body, status: again.status }).toMatchObject({ id: first.body['id'] });
  expect(await work.said(id)).toHaveLength(2);
});
